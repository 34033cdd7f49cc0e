"""Count sheets on paper: the fallback where no phone is at hand, and their way back into the record of scans."""
