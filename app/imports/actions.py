"""What the audit trail calls the commands on imports."""

from app.kernel.i18n import N_

ACTIONS = {
    "import.apply": N_("Import taken over"),
    "import.take_back": N_("Import taken back"),
}
SUBJECTS = {"import": N_("Import")}
WORDS = {"rows": N_("Rows"), "file_name": N_("File")}
