"""What counts said afterwards: how right the books were, what was lost, who counted what when."""
