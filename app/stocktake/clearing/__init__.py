"""What posted differences left on 待处理财产损溢 (1901), and the postings that clear it with a reason."""
