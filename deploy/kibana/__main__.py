"""Write `huiying.ndjson`."""

from deploy.kibana import FILE, ndjson

FILE.write_text(ndjson(), "utf-8")
print(f"{FILE.name} is written")
