"""How often the server looks for garbage in cycles: rarely, for hardly any of what it makes is.

Cost: a report of 20,000 lines makes some hundred thousand objects that all stay for a while. Looked through at Python's
own pace, again and again, they took two fifths of its time.
"""

import gc
from typing import Final

# Objects made before the youngest are looked through, and how many such rounds before the older ones are.
THRESHOLDS: Final = (20_000, 20, 20)


def collect_rarely() -> None:
    """Call what is loaded now no garbage ever, so that no child writes to the shared pages; look rarely at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
