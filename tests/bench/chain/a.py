"""(a) Huiying's scoring worker, as it is."""

import json
import sys

from streams.settings import ElasticSettings, KafkaSettings, WorkerSettings
from streams.worker import run

kafka, elastic = json.loads(sys.argv[1])
run(KafkaSettings(**kafka), ElasticSettings(**elastic), WorkerSettings())
