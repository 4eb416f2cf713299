"""Run by the seekrai environment's own Python: creates threads at a base URL and prints what the client made of them.

python seekrai_script.py BASE_URL API_KEY
"""

import json
import sys

from seekrai import SeekrFlow
from seekrai.error import SeekrFlowException


def main(base_url: str, key: str) -> None:
    """Two threads with the key, then one try with a wrong one."""
    with SeekrFlow(api_key=key, base_url=base_url, max_retries=0, timeout=20) as client:
        made = [client.agents.threads.create(topic="billing", n=1), client.agents.threads.create()]
    refused = ""
    with SeekrFlow(api_key="wrong", base_url=base_url, max_retries=0, timeout=20) as client:
        try:
            client.agents.threads.create()
        except SeekrFlowException as error:
            refused = type(error).__name__
    threads = [json.loads(thread.model_dump_json()) for thread in made]
    print(json.dumps({"threads": threads, "refused": refused}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
