"""Answers that no catalogue holds: of another kind, of another unit, misspelt, without an end.

Each gets a sentence that names what is wrong with it; none is called the check's own mistake.
"""

from __future__ import annotations

import linecache
import sys

import pytest

from kit.lab import judge, start
from kit.lab import patience as limits

CELL = "/tmp/ipykernel_1/1.py"
NONE = "def {name}(*given): pass"

ANSWERS = {
    "00-quick-start": [
        ("listing", "def names(): return ['a']", "It takes no arguments"),
        ("listing", "names = lambda conn: conn.compute.servers()", "[... for server in ...]"),
        ("listing", "names = lambda conn: list(conn.compute.servers())", "a Server"),
        ("listing", "names = lambda conn: [each.name for each in conn.compute.servers()] + ['ghost']", "no server 'ghost'"),
        ("listing", "names = lambda conn: [each.name for each in conn.compute.servers()] * 2", "more than once"),
        ("listing", "names = lambda conn: list(conn.compute.servers(all_projects=True))", "ForbiddenException: 403"),
        ("broken", "broken = lambda conn: 'batch-1'", "A list of names"),
        ("broken", "broken = lambda conn: ['batch-1', 'nobody']", "no such server"),
        ("terminal", "image = None", "in quotes"),
        ("calls", "service = ['identity']", "a text"),
        ("undo", "after = lambda: 1", "A list of names"),
        ("undo", "after = [{}]", "Take .name"),
    ],
    "01-congress-policies": [
        ("tables", "query = ['db-1']", "as a text"),
        ("tables", "query = ' '", "empty text"),
        ("tables", "query = 'nova:servers(name=n, status=SHUTOFF)'", "is a variable"),
        ("tables", "query = 'servers(name=n, status=\"SHUTOFF\")'", "`nova:servers`"),
        ("connected", "connected = 'connected_to_internet(p, d) :- neutronv2:ports(id=p) and neutronv2:floating_ips(id=d)'", "A comma joins"),
        ("connected", "connected = 'connected_to_internet(d) :- neutronv2:ports(device_id=d)'", "2 columns were asked for"),
        ("hidden", "hidden = 'hidden(n) :- nova:servers(id=d, name=n), not connected_to_internet(\"_\", d)'", "In quotes _"),
        ("hidden", "hidden = 'hide(n) :- nova:servers(name=n)'", "no table `hidden`"),
        ("summit", "violators = 'web-2'", "A list of names"),
        ("summit", "violators = ['alice@shop.example']", "not the name of a server"),
        ("summit", "violators = [('web-2', 1)]", "third value"),
        ("monitor", "def open_port(): pass", "It takes no arguments"),
        ("monitor", "def open_port(conn):\n    group = conn.network.find_security_group('default').id\n"
         "    conn.network.create_security_group_rule(security_group_id=group, direction='ingress', protocol='tcp', "
         "port_range_min=80, port_range_max=80)", "in the group default"),
        ("simulate", "sequence = lambda group: None", "gives None"),
        ("deny", "risky = 'bad(n) :- nova:servers(name=n)'", "no table `risky`"),
        ("library", "faults = dict.fromkeys(('open-to-all', 'plain-volumes'), 1)", "finding.code"),
        ("proved", "from kit.policy import Case\ncases = [Case('x', {}, 'old', only=['web'])]", "a row is a tuple"),
        ("reach", "reach = 'reach(r, n) :- neutronv2:ports(device_id=r, network_id=n)'", "1 column was asked for"),
    ],
    "02-live-migration": [
        ("units", "import numpy\ncap = lambda mbit_s: numpy.float64(mbit_s * 1e6 / 8 / 2**20)", "passed"),
        ("units", "cap = lambda mbit_s: f'{mbit_s} MiB/s'", "a number, in MiB/s"),
        ("units", "cap = lambda mbit_s: mbit_s * 1000 / 8 / 1024", "1,000,000 bits"),
        ("units", "def cap(): return 1", "It takes no arguments"),
        ("rollback", "runs_on = lambda steps, failed: 'Source'", "'source' or 'destination'"),
        ("rollback", "runs_on = lambda steps, failed: True", "'source' or 'destination'"),
        ("rollback", "from kit.migration import failure\ndef runs_on(steps, failed): return failure(failed).host", "step is"),
        ("cpu", "order = lambda hosts: sorted(hosts.values(), key=len)", "the keys of hosts"),
        ("cpu", "order = lambda hosts: sorted(hosts, key=lambda name: len(hosts[name])) * 2", "twice"),
        ("cpu", "order = lambda hosts: (name for name in sorted(hosts, key=lambda name: len(hosts[name])))", "passed"),
        (
            "memory",
            "from kit.migration import memory_check as ask\n"
            "fits = lambda guest, total, free, ratio: 3 * [ask('kilo', guest, total, free=free)]",
            "has .passes",
        ),
        ("memory", "fits = lambda guest, total, free, ratio: [free, total, ratio]", "True or False"),
        ("passes", "def sizes(used, working_set, writes, bandwidth, count):\n    while True: yield used", "more than 1,000"),
        ("passes", "sizes = lambda used, working_set, writes, bandwidth, count: [0] * count", "all that is used"),
        ("converges", "ends = lambda working_set, writes, bandwidth, limit_ms: 'yes'", "True or False"),
        ("bandwidth", "least = lambda guest: float('nan')", "a number, in MiB/s"),
        ("price", "cheapest = lambda results, max_pause_ms: min(results.values(), key=id)", "The name of one"),
        ("sniff", "import re\nsniff = lambda stream: re.search(rb'password=(\\w+)', stream)", ".group(1)"),
        ("sniff", "import re\nsniff = lambda stream: re.search(rb'(user=.+?) H', stream).group(1).decode()", "alone is"),
        ("progress", NONE.format(name="stuck"), "gives None"),
        ("pause", "pause_ms = lambda rest, cap, link, way: {'limit': 1}[way.upper()]", "KeyError"),
        ("drain", "from kit.migration import plan\n"
         "settings = lambda guest, link, max_pause_ms: plan(guest, link, max_pause_ms=max_pause_ms, max_total_s=99)", ".knobs"),
        ("drain", "from kit.migration import Knobs\n"
         "settings = lambda guest, link, max_pause_ms: Knobs.nova().but(downtime_limit_ms=max_pause_ms)", "build-1 alone takes"),
    ],
    "03-heat-templates": [
        ("parameter", "template = 'a: b: c'", "line 1, column 5"),
        ("parameter", "import read\ntemplate = read.OPEN.replace('number', 'integer')", "Types are"),
        ("parameter", "import read\ntemplate = read.OPEN.replace('disk:', 'volume:').replace(': disk', ': volume')", "is gone"),
        ("parameter", "import read\ntemplate = read.OPEN.replace('default: 10', 'default: 10, constraints: [{range: {max: 20}}]')", "out of range"),
        ("faults", "import read\nmended = read.FIXED", "The resource server is gone"),
        ("split", "architecture = '{strsplit: [\"-\", {get_param: image}, -1]}'", "Did you mean str_split?"),
        ("split", "architecture = '{str_split: [\"-\", {get_param: img}, -1]}'", "Did you mean `image`?"),
        ("split", "architecture = \"image.split('-')[-1]\"", "your own text"),
        ("today", "import values\nexec(values.FLATTENED)\n"
         "suffixed = '{yaql: {expression: $.data.l.select($ + $.data.t), data: {l: {get_param: names}, t: x}}}'", "`$` is the item"),
        ("own", "def suffix(items): return items\ndef list_flatten(items): return items", "suffix cannot be called"),
        ("own", "def suffix(items, text): return (f'{item}{text}' for item in items)\ndef list_flatten(items): return items", "a generator"),
        ("conditions", "import choose\nchosen = choose.CHOSEN.replace('server:', 'host:')", "there is no server"),
        ("conditions", "import choose\nchosen = choose.CHOSEN.replace('[production', '[prodution')", "Did you mean `production`?"),
        ("conditions", "import choose\nchosen = choose.CHOSEN.replace('string}', 'string, constraints: [{allowed_values: [prod]}]}')",
         "not an allowed value"),
        ("trapped", "from kit.hot import lint\ntrapped = lambda text: list(lint(text))", "names of functions"),
        ("trapped", "trapped = lambda text: 'str_split'", "a list of names"),
        ("trapped", "from kit.hot import lint\ntrapped = lambda text: [each.path.split('.')[-1] for each in lint(text) "
         "if each.rule == 'function-newer'] * 2", "twice"),
        ("leaf", "leaf = lambda node: node.name", "a list of names"),
        ("leaf", "leaf = lambda node: ['shop', 'back', 'nodes', '0', 'install']", "begins at shop"),
        ("leaf", "def leaf(node):\n    return [node.name, *(name for child in node.children if child.failed for name in leaf(child))]",
         "One leaf is enough"),
        ("leaf", "def leaf(node):\n    below = [child for child in node.children if child.failed]\n"
         "    return [*(leaf(below[0]) if below else []), node.name]", "the way up"),
        ("broken", "broken = lambda conn: list(conn.orchestration.software_deployments())", "gives a list"),
        ("fate", "fate = lambda kind, before, after: 'update'", "'updated'"),
        ("rollback", "def change(conn, template, parameters): conn.orchestration.delete_stack('box')", "is gone"),
        ("scale", "after = lambda size, percent, low, high: str(size)", "a number, in members"),
        ("scale", "def after(size, percent, low, high):\n    some = int(size * percent / 100) or (-1 if percent < 0 else 1)\n"
         "    return max(low, min(high, size + some))", "nothing changes"),
    ],
    "04-api-guidelines": [
        ("paths", "routes = ['GET /backups']", "A dictionary"),
        ("paths", "import right\nroutes = right.routes | {'update': 'PUT /backups'}", "have more: update"),
        ("paths", "import right\nroutes = right.routes | {'delete_backup': 'PATCH /backups/{id}'}", "a method of its own"),
        ("paths", "import right\nroutes = {name: each.replace('{id}', '{backup_id}') for name, each in right.routes.items()}", "as {id}"),
        ("create", "create_schedule = lambda request: ('201 Created', {}, {})", "A number"),
        ("create", "create_schedule = lambda request: (201, {1}, {})", "no JSON"),
        ("create", "create_schedule = lambda request: (201, {}, {'Location': 7})", "header Location"),
        ("create", "create_schedule = lambda request: (201, {}, [])", "A dictionary"),
        ("create", "create_schedule = lambda request, body: (201, {}, {})", "It takes 2 arguments"),
        ("later", NONE.format(name="create_backup"), "gives None"),
        ("delete", "import right\ndef delete_backup(request, id):\n    request.store.backups.clear()\n    return 204, None, {}", "404 was expected"),
        ("validate", "validate = lambda request: None", "let through"),
        ("validate", "validate = lambda request: False", "a refusal, or None"),
        ("problem", NONE.format(name="problem"), "gives None"),
        ("problem", "problem = lambda request, status, cause, detail: {'errors': [{'status': str(status)}]}", "A number"),
        ("problem", "problem = lambda request, status, cause, detail: {'errors': [{'links': {'rel': 'help'}}]}", "A list of links"),
        ("pages", "page = lambda request, rows: rows", "return shown, links"),
        ("pages", "page = lambda request, rows: ([row['id'] for row in rows], [])", "as they were given"),
        ("pages", "page = lambda request, rows: (rows[:1], ['more'])", "Your links are"),
        ("select", "select = lambda request, rows: (row for row in rows)", "A list of the given rows"),
        ("versions", "negotiate = lambda request, wanted: '1.4'\nview = lambda row, version: row", "such as (1, 4)"),
        ("versions", "from right import negotiate\nview = lambda row, version: row.pop('description', None) or row", "the stored row"),
        ("discover", "discover = lambda request: {'versions': []}", "Your versions are []"),
        ("warts", "import review\nfrom kit.guidelines import find_rule\n"
         "warts = {case: find_rule(rule) for case, rule in review.RIGHT.items()}", "passed"),
        ("review", "import review\nverdicts = review.VERDICTS | {'patch-2': 'Approve'}", "passed"),
        ("review", "import review\nverdicts = review.VERDICTS | {'spec': False}", "'approve', or an id"),
    ],
    "06-nova-scheduler": [
        ("survivors", "survivors = ['c1', ...]", "not attempted"),
        ("capacity", "fits = lambda total, ratio: True", "It takes 2 arguments"),
        ("capacity", "fits = lambda t, r, q, u, a: (t - r) * q - u", "True or False"),
        ("capacity", "import numpy\nfits = lambda t, r, q, u, a: numpy.bool_(u + a <= (t - r) * q and a <= t)", "passed"),
        ("weights", "normalise = lambda free, most: free", "cannot be called with free"),
        ("weights", "normalise = lambda free: max(free)", "a list of 4 numbers"),
        ("weights", "normalise = lambda free: [str(each) for each in free]", "A list of numbers"),
        ("weights", "normalise = lambda free: (max(each, 0) / (max(0, *free) or 1) for each in free)", "passed"),
        ("pack", "packing = {1: 2}", "no name of an option"),
        ("trouble", "trouble = lambda total: True", "It takes 1 argument."),
        ("negative", "import numpy\nreserve = lambda total, used, guest: numpy.int64(total - used - guest - 1)", "passed"),
        ("negative", "reserve = lambda total, used, guest: '3'", "A whole number of MB"),
        ("race", "placed = lambda servers, hosts: 1", "It takes 2 arguments"),
        ("race", "placed = lambda servers, hosts, attempts: 0", "One server lands in each wave"),
        ("apart", "from kit.scheduling import ServerGroup\ngroup = ServerGroup(policy='anti-affinity', max_server_per_host='2')",
         "without quotes"),
        ("eras", "guess = ['e1']\nliberty_only = lambda host: True", "It takes 1 argument."),
        ("mend", "mend = lambda: 1", "It takes no arguments"),
        ("mend", "mend = lambda host: host.changed(reserved_host_memory_mb='512')", "without quotes"),
        ("mend", "mend = lambda host: 'm3'", "mend gives a str"),
    ],
    "07-nova-api": [
        ("first", "first = ['accept', 'accept', 400]", "That is a list"),
        ("modern", "modern = lambda: {}", "It takes no arguments"),
        ("modern", "modern = lambda body: {'server': {1, 2}}", "is no JSON"),
        ("best", "best = lambda document: '2.1'", "It takes 1 argument."),
        ("best", "best = lambda document, low, high: None", "end with return"),
        ("heed", "heed = lambda start, end: []", "It takes 2 arguments"),
        ("heed", "heed = lambda start, end, uses: [{}]", "you name a dict"),
        ("ram", "ram = lambda server: 1", "It takes 1 argument."),
        ("ram", "ram = lambda compute, server: '512'", "you give '512'"),
        ("endpoint", "endpoint = lambda session: 1", "It takes 1 argument."),
        ("endpoint", "endpoint = lambda session, service, region: ['http://x']", "none of the catalog"),
        ("move", "names = lambda session: []", "It takes 1 argument."),
        ("move", "names = lambda session, region: session.get('/servers')", "names no service"),
    ],
}  # fmt: skip
CASES = [(lab, *case) for lab, cases in ANSWERS.items() for case in cases]


@pytest.fixture(scope="module")
def labs():
    return {name: start(name) for name in ANSWERS}


def judged(lab, step, source):
    """The outcome of a cell with this source, as a kernel runs it."""
    linecache.cache[CELL] = (len(source), None, source.splitlines(True), CELL)
    package = type(lab.steps[step]).__module__.rpartition(".")[0]
    # `import right` in a cell is the module that the checks have: no second copy.
    names = ("read", "values", "choose", "right", "review")
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            if f"{package}.{name}" in sys.modules:
                patch.setitem(sys.modules, name, sys.modules[f"{package}.{name}"])
        space: dict = {}
        exec(compile(source, CELL, "exec"), space)
    return judge.judge(lab, lab.steps[step], tuple(space[name] for name in lab.steps[step].variables))


@pytest.mark.parametrize(("lab", "step", "source", "says"), CASES, ids=[f"{c[1]}-{n}" for n, c in enumerate(CASES)])
def test_an_answer_that_no_catalogue_holds_gets_its_sentence(labs, lab, step, source, says):
    said = repr(judged(labs[lab], step, source))
    assert says in said and "our mistake" not in said and "could not be read" not in said, said
    assert len(said.splitlines()) <= 4 and all(len(line) < 330 for line in said.splitlines()), said


@pytest.mark.parametrize("lab", ANSWERS)
def test_nothing_but_a_return_is_told_in_every_step(labs, lab):
    for step in labs[lab].steps.values():
        if not step.solution.lstrip().startswith(("def", "import", "from")) or step.name in (
            "sniff",
            "rollback",
            "monitor",
            "validate",
            "eras",
            "best",
            "ram",
            "endpoint",
        ):
            continue
        source = "\n".join(NONE.format(name=name) for name in step.variables)
        assert "gives None" in repr(judged(labs[lab], step.name, source)), step.name


def test_a_loop_without_an_end_does_not_hang_the_notebook(labs, monkeypatch):
    monkeypatch.setattr(judge, "patience", lambda: limits.patience(0.1))
    source = "def after(size, percent, low, high):\n    while True:\n        size += 0"
    assert "Does every loop end?" in repr(judged(labs["03-heat-templates"], "scale", source))
