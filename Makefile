# Every target does its own set-up; the second time it costs a moment. The work is in .setup/.

PYTHON ?= python3
export PORT HTTP_PORT HOST DEMO ARGS

.PHONY: help run test bench lint format lock clean
.DEFAULT_GOAL := help

help:
	@echo "make run              set up and serve; PORT=8443 HTTP_PORT=8080 HOST=0.0.0.0"
	@echo "make run DEMO=1       the same on a demo company, with its sign-ins printed"
	@echo "make test             set up and run everything that must hold; ARGS goes to pytest"
	@echo "make bench            the long searches and the figures of the README; ARGS names some of them"
	@echo "make lint             ruff, mypy, import contracts, translations"
	@echo "make format           let ruff rewrite the code"
	@echo "make lock             pin the newest allowed packages anew"
	@echo "make clean            remove what set-up built; instance/ stays"

run test bench lint format lock clean:
	@$(PYTHON) .setup/make.py $@
