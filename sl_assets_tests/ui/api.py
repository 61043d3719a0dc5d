"""What a user does in the Dagster UI, as the GraphQL calls the UI makes for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sl_assets_tests.ui.server import Server, wait_for

JOB = "__ASSET_JOB"
BACKFILL_OVER = {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}
RUN_OVER = {"SUCCESS", "FAILURE", "CANCELED"}
GOING_ON = {"NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING"}
AUTOMATION = "automation"

WORKSPACE = """{ workspaceOrError { __typename ... on PythonError { message } ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename
    ... on PythonError { message }
    ... on RepositoryLocation { repositories {
      name
      schedules { name cronSchedule scheduleState { status } }
      sensors { name sensorType sensorState { status } }
    } }
  }
} } } }"""

NODES = """{ assetNodes {
  assetKey { path } groupName isMaterializable isPartitioned kinds description
  dependencyKeys { path }
  owners { ... on TeamAssetOwner { team } ... on UserAssetOwner { email } }
  tags { key }
  assetChecksOrError { ... on AssetChecks { checks { name } } }
  metadataEntries { __typename label
    ... on TextMetadataEntry { text }
    ... on TableSchemaMetadataEntry { schema { columns { name type description constraints { nullable other } } } }
    ... on CodeReferencesMetadataEntry { codeReferences { ... on LocalFileCodeReference { filePath lineNumber label } } }
  }
} }"""

MATERIALIZATIONS = """query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { __typename ... on Asset {
  assetMaterializations(limit: 1000) { runId partition metadataEntries { label
    ... on IntMetadataEntry { intValue }
    ... on FloatMetadataEntry { floatValue }
    ... on TextMetadataEntry { text }
    ... on TableMetadataEntry { table { records } }
  } }
} } }"""

LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } ... on InvalidSubsetError { message }
} }"""

LAUNCH_BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) { __typename
  ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } ... on PartitionKeysNotFoundError { message }
} }"""

BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) { __typename ... on PartitionBackfill {
  status error { message } runs(limit: 100) { runId status }
  assetBackfillData { assetBackfillStatuses { ... on AssetPartitionsStatusCounts {
    assetKey { path } numPartitionsTargeted numPartitionsInProgress numPartitionsMaterialized numPartitionsFailed } } }
} } }"""

BACKFILLS = """{ partitionBackfillsOrError(limit: 50) { ... on PartitionBackfills { results { id } } } }"""

RUNS = """{ runsOrError(limit: 500) { ... on Runs { results {
  runId status tags { key value } assetSelection { path } stepStats { stepKey status }
} } } }"""

TICKS = """query($place: RepositorySelector!) { sensorsOrError(repositorySelector: $place) { ... on Sensors { results {
  sensorState { ticks(limit: 20) { status error { message } } } } } }
  schedulesOrError(repositorySelector: $place) { ... on Schedules { results {
  scheduleState { ticks(limit: 20) { status error { message } } } } } } }"""

FAILURES = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
  ... on ExecutionStepFailureEvent { error { message } }
} } } }"""

PARTITIONS = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  partitionKeys
  assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } }
} } }"""


@dataclass(frozen=True)
class Materialization:
    """One event: which run, which partition ("" for none), its metadata by label."""

    run_id: str
    partition: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class BackfillCounts:
    """How many partitions of one asset a backfill was asked for, made, and failed to make."""

    targeted: int
    materialized: int
    failed: int


def key_of(asset: str) -> dict[str, list[str]]:
    """An asset key as GraphQL takes it."""
    return {"path": asset.split("/")}


def location(server: Server) -> dict[str, Any]:
    """The one code location, loaded; its error is raised."""
    entries = server.ask(WORKSPACE)["workspaceOrError"]["locationEntries"]
    assert len(entries) == 1
    loaded = entries[0]["locationOrLoadError"]
    assert loaded["__typename"] == "RepositoryLocation", loaded.get("message")
    repository = loaded["repositories"][0]
    return {**repository, "name": entries[0]["name"], "repository": repository["name"]}


def assets(server: Server) -> dict[str, dict[str, Any]]:
    """All assets with a definition, by name."""
    return {"/".join(node["assetKey"]["path"]): node for node in server.ask(NODES)["assetNodes"]}


def metadata_entry(node: Mapping[str, Any], label: str) -> Any:
    """One metadata entry of a definition."""
    return next(entry for entry in node["metadataEntries"] if entry["label"] == label)


def materialize(server: Server, names: Iterable[str], **tags: str) -> str:
    """Start a run of some assets; its id."""
    place = location(server)
    params = {
        "selector": {
            "repositoryLocationName": place["name"],
            "repositoryName": place["repository"],
            "pipelineName": JOB,
            "assetSelection": [key_of(name) for name in names],
        },
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }
    answer = server.ask(LAUNCH, params=params)["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    return answer["run"]["runId"]


def runs(server: Server) -> list[dict[str, Any]]:
    """All runs, the newest first, with their tags as a mapping."""
    found = server.ask(RUNS)["runsOrError"]["results"]
    return [
        {
            **run,
            "tags": {tag["key"]: tag["value"] for tag in run["tags"]},
            "assets": {"/".join(key["path"]) for key in run["assetSelection"] or ()},
        }
        for run in found
    ]


def wait_for_run(server: Server, run_id: str, seconds: float = 400) -> str:
    """The status in which a run ended."""

    def ended() -> str | None:
        status = next((run["status"] for run in runs(server) if run["runId"] == run_id), None)
        return status if status in RUN_OVER else None

    return wait_for(ended, seconds, f"run {run_id} to end") or ""


def backfill(server: Server, names: Iterable[str], partitions: Sequence[str], seconds: float = 600) -> dict[str, BackfillCounts]:
    """Launch a backfill through the daemon and wait until it is over; what it did, by asset."""
    params = {"assetSelection": [key_of(name) for name in names], "partitionNames": list(partitions)}
    answer = server.ask(LAUNCH_BACKFILL, params=params)["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    return wait_for_backfill(server, answer["backfillId"], seconds)


def backfills(server: Server) -> list[str]:
    """The ids of all backfills, the newest first."""
    return [each["id"] for each in server.ask(BACKFILLS)["partitionBackfillsOrError"]["results"]]


def wait_for_backfill(server: Server, backfill_id: str, seconds: float = 600) -> dict[str, BackfillCounts]:
    """What a backfill did, by asset, once it is over."""

    def ended() -> dict[str, Any] | None:
        found = server.ask(BACKFILL, id=backfill_id)["partitionBackfillOrError"]
        return found if found["status"] in BACKFILL_OVER else None

    done = wait_for(ended, seconds, f"backfill {backfill_id} to end") or {}
    return {
        "/".join(each["assetKey"]["path"]): BackfillCounts(
            each["numPartitionsTargeted"], each["numPartitionsMaterialized"], each["numPartitionsFailed"]
        )
        for each in done["assetBackfillData"]["assetBackfillStatuses"]
    }


def materializations(server: Server, asset: str) -> list[Materialization]:
    """The events of an asset, the newest first."""
    found = server.ask(MATERIALIZATIONS, key=key_of(asset))["assetOrError"]
    return [
        Materialization(
            event["runId"], event["partition"] or "", {entry["label"]: _value(entry) for entry in event["metadataEntries"]}
        )
        for event in found.get("assetMaterializations", ())
    ]


def partitions_by_status(server: Server, asset: str) -> dict[str, list[str]]:
    """The partition keys of an asset by status: MATERIALIZED, FAILED; those that were never tried are in neither."""
    found = server.ask(PARTITIONS, key=key_of(asset))["assetNodeOrError"]
    keys = found["partitionKeys"]
    by_status: dict[str, list[str]] = {}
    for each in found["assetPartitionStatuses"]["ranges"]:
        by_status.setdefault(each["status"], []).extend(keys[keys.index(each["startKey"]) : keys.index(each["endKey"]) + 1])
    return by_status


def ticks(server: Server) -> list[dict[str, Any]]:
    """What schedules and sensors have done so far."""
    place = location(server)
    selector = {"repositoryLocationName": place["name"], "repositoryName": place["repository"]}
    found = server.ask(TICKS, place=selector)
    states = [each["sensorState"] for each in found["sensorsOrError"]["results"]]
    states += [each["scheduleState"] for each in found["schedulesOrError"]["results"]]
    return [tick for state in states for tick in state["ticks"]]


def failure_messages(server: Server, asset: str) -> list[str]:
    """What the failed runs of an asset say."""
    failed = [run["runId"] for run in runs(server) if run["status"] == "FAILURE" and asset in run["assets"]]
    events = [event for run_id in failed for event in server.ask(FAILURES, id=run_id)["logsForRun"]["events"]]
    return [event["error"]["message"] for event in events if event.get("error")]


def _value(entry: Mapping[str, Any]) -> Any:
    return next((value for name, value in entry.items() if name != "label"), None)
