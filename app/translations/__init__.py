"""The words of the product: English msgids, Chinese in one .po fragment per feature, compiled into one catalogue."""
