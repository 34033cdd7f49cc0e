"""What the audit trail calls the decisions on parked scans."""

from app.kernel.i18n import N_

ACTIONS = {
    "scan.bind": N_("Code bound to a pack"),
    "scan.take": N_("Parked scan taken"),
    "scan.drop": N_("Parked scan dropped"),
    "scan.photo": N_("Photo laid beside a scan"),
    "scan.settle": N_("Waiting scans resolved"),
}
WORDS = {
    "raw": N_("Code"),
    "item": N_("Item"),
    "remembered": N_("Remembered"),
    "taken": N_("taken"),
    "file": N_("Photo"),
}
