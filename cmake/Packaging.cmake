# filled in by the packaging slice
