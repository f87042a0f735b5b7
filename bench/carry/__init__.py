"""Sealing, splitting, joining and opening, measured in pairs with what people use today. See docs/performance.md."""
