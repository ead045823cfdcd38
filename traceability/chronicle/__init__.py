"""The chronicle: what people write in diaries, slips and parcels, told as EPCIS events by itself."""
