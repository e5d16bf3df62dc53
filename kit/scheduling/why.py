"""Why this host, and why not that one."""

from __future__ import annotations

from kit.scheduling.decision import Decision, Step, Weighed


def why_not(decision: Decision, host: str, server: int = 0) -> str:
    """Why a host was not chosen for a server: where it fell, or what it weighed less."""
    fallen = [step.fallen[host] for step in decision.placement if host in step.fallen]
    if decision.placement and len(fallen) == len(decision.placement):
        return f"{host} fell in Placement: {fallen[0]}"
    if server >= len(decision.steps):
        return f"{host} was not looked at: {decision.reason or 'the request has fewer servers'}"
    step = decision.steps[server]
    if step.chosen == host:
        return f"{host} was chosen: {reason_for(step)}"
    for each in step.filters:
        if host in each.fallen:
            return f"{host} fell at {each.name}: {each.fallen[host]}"
    if host in step.refused:
        return f"{host} passed, but its claim was lost: {step.refused[host]}"
    weighed = {each.host: each for each in step.weighed}
    if host in weighed:
        return _outweighed(step, weighed[host])
    if host not in step.hosts and host not in {each.label for each in step.fleet.hosts}:
        return f"{host} is none of the hosts: {', '.join(each.label for each in step.fleet.hosts[:10])}"
    if host not in step.hosts:
        return f"{host} was left out before the filters: the request names or ignores hosts, or it fell before"
    return f"{host} was not reached: an earlier filter left no host"


def reason_for(step: Step) -> str:
    """Why the chosen host of a step was chosen."""
    if step.forced:
        return "the request forces it, and no filter is run"
    if len(step.weighed) == 1:
        return "it is the only one that passed"
    first = next((each for each in step.weighed if each.host == step.chosen), None)
    if first is None or not step.weighed:
        return "it is the first"
    equal = sum(1 for each in step.weighed if each.weight == first.weight)
    if first.weight < step.weighed[0].weight:
        return f"it weighs {first.weight:g}; those that weigh more lost their claims, or chance took it"
    return f"it weighs {first.weight:g}" + (f", as {equal - 1} more do; it came first" if equal > 1 else ", the most")


def _outweighed(step: Step, host: Weighed) -> str:
    best = next((each for each in step.weighed if each.host == step.chosen), step.weighed[0])
    if host.weight == best.weight:
        return f"{host.host} passed and weighs {host.weight:g} as {best.host} does, which came before it"
    parts = [
        f"{name} {host.contributions[name].score:g} against {best.contributions[name].score:g}"
        for name in host.contributions
        if host.contributions[name].score != best.contributions[name].score
    ]
    return f"{host.host} passed and weighs {host.weight:g}, {best.host} {best.weight:g}: {', '.join(parts)}"
