"""python shown_manifest.py MANIFEST: dbt's manifest without the models that dbt's own page hides.

The column lineage is drawn from it: what machinery reads is not where a number comes from.
"""

import json
import sys
from pathlib import Path
from typing import Any


def shown_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest without hidden models (docs: {show: false}) and what belongs to them."""
    nodes = manifest["nodes"]
    hidden = {name for name, node in nodes.items() if not node.get("docs", {}).get("show", True)}
    hidden |= {name for name, node in nodes.items() if node.get("attached_node") in hidden}
    shown = {name: node for name, node in nodes.items() if name not in hidden}
    for node in shown.values():
        if "depends_on" in node:
            inputs = node["depends_on"].get("nodes", [])
            node["depends_on"]["nodes"] = [name for name in inputs if name not in hidden]
    edges = {
        side: {
            name: [other for other in others if other not in hidden]
            for name, others in manifest[side].items()
            if name not in hidden
        }
        for side in ("parent_map", "child_map")
    }
    return {**manifest, **edges, "nodes": shown}


if __name__ == "__main__":
    json.dump(shown_manifest(json.loads(Path(sys.argv[1]).read_text())), sys.stdout)
