"""An asset and the op that makes it, of what is known already.

`@dg.multi_asset` works out from the signature of a function, in many ways, which resources, inputs and config its op has: of a
project with thousands of assets that was the greater part of the start. All ops of a kind have the same ones here, so they are
said, to the class that Dagster has for ops that programs make. What the op of the decorator would have, this one has too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from sl_assets.orchestration.names import identifier, output_name_of

Event = dg.MaterializeResult[Any] | dg.Output[Any] | dg.AssetCheckResult | dg.DagsterEvent
Compute = Callable[[dg.AssetExecutionContext, Mapping[str, Any]], Iterator[Event]]
"""What an op does, given its context and its inputs, of which none has a value."""

RESOURCES = frozenset({"warehouse", "guard"})
_INPUT = dg.In(dg.Nothing)
_OUTPUT = dg.Out(dg.Nothing, is_required=False)
_RESULT = dg.Out(None, is_required=False)


def op_asset(
    spec: dg.AssetSpec,
    name: str,
    compute: Compute,
    *,
    config: dg.Field,
    checks: Sequence[dg.AssetCheckSpec] = (),
    backfill_policy: dg.BackfillPolicy | None = None,
    retry_policy: dg.RetryPolicy | None = None,
    pool: str | None = None,
) -> dg.AssetsDefinition:
    """One asset made by one op, which has the resources `warehouse` and `guard` and can be asked for its checks alone.

    Args:
        spec: The asset.
        name: The name of the op.
        compute: What the op does; the name of its first parameter must be `context`.
        config: What may be asked of a run.
        checks: The checks that the op makes beside the asset.
        backfill_policy: How a backfill of its partitions is cut into runs.
        retry_policy: When the op is tried again.
        pool: The pool that limits how many such ops run at once.
    """
    inputs, output = input_names(spec), output_name_of(spec.key)
    named = {each.get_python_identifier(): each for each in checks}
    op = dg.OpDefinition(
        compute,
        name,
        ins=dict.fromkeys(inputs, _INPUT),
        # The asset tells its own metadata: told of the output too, it would be written down with every run
        outs={output: _OUTPUT, **dict.fromkeys(named, _RESULT)},
        config_schema=config,
        required_resource_keys=RESOURCES,
        retry_policy=retry_policy,
        pool=pool,
    )
    return dg.AssetsDefinition(
        keys_by_input_name=inputs,
        keys_by_output_name={output: spec.key},
        node_def=op,
        can_subset=True,
        backfill_policy=backfill_policy,
        check_specs_by_output_name=named,
        specs=[spec],
    )


def input_names(spec: dg.AssetSpec) -> dict[str, dg.AssetKey]:
    """A name for each upstream, in the way of the decorator; names that would be the same are told apart.

    An asset that depends on earlier partitions of itself is its own upstream.
    """
    found: dict[str, dg.AssetKey] = {}
    for key in dict.fromkeys(dep.asset_key for dep in spec.deps if dep.asset_key != spec.key or dep.partition_mapping):
        name = identifier("_".join(key.path))
        while name in found:
            name += "_"
        found[name] = key
    return found
