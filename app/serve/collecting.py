"""How often the server looks for garbage in cycles: rarely, for hardly any of what it makes is.

Cost: a report of 20,000 lines makes some hundred thousand objects that all stay for a while. Looked through at Python's
own pace, again and again, they took two fifths of its time.
"""

import gc
from typing import Final

# Objects made before the youngest are looked through, and how many such rounds before the older ones are.
THRESHOLDS: Final = (20_000, 20, 20)


def collect_rarely() -> None:
    """Exempt what is loaded now from collection, so that no child writes to shared pages; collect the rest rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
