"""`python -m app.serve`: `flask serve` without looking through every installed package for commands first."""

from app import create_app
from app.serve.cli import serve

if __name__ == "__main__":
    with create_app(migrations=False).app_context():
        serve.main(prog_name="python -m app.serve")
