"""Faults of the run server: each is one small deviation, of our own making, that is put into a correct server by name."""

from support.run_server.faults.fault import Fault
from support.run_server.faults.langsmith import STATES
from support.run_server.faults.langsmith_streams import STREAMS
from support.run_server.faults.others import OTHERS

FAULTS: dict[str, Fault] = {fault.title: fault for fault in (*STATES, *STREAMS, *OTHERS)}
