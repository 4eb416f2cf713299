"""Checks of several exchanges: a registry. Each exchange of a scenario is judged by the checks of one exchange, too.

repeat, ids_distinct, at_once            the same request again, many, several at one moment
isolation, forged, refused_leaves_nothing, precedence      what a request may not change
taken, policies_on_new, generated_taken, survives_many, key_spelling, one_winner      keys that are taken
kept                                     what stays though a part was refused
clock                                    time goes on
life_cycle, read_your_writes, list_contains, update_visible, gone_after_delete, …      things of a family, see there
stream_state, tokens, interrupt_resume, cancel, busy, run_status, run_list, …          runs, see `runs.table`
views, turns, threads_apart, after_delete, …             what runs tell and what is stored, see `conversations.table`
writings, broken_credentials             the same request written otherwise; credentials written wrongly
final_slash, unknown_route, cors         manners of the whole provider
hostile_values                           requests that servers are known to fail on, asked last
"""

from collections.abc import Mapping

from threadmock.contracts.scenarios.conversations.table import CONVERSATIONS
from threadmock.contracts.scenarios.creates import (
    clock,
    isolation,
    partly_refused,
    provider_manners,
    repeats,
    taken_keys,
    writings,
)
from threadmock.contracts.scenarios.families.table import FAMILY
from threadmock.contracts.scenarios.robustness.table import ROBUSTNESS
from threadmock.contracts.scenarios.runs.table import RUNS
from threadmock.contracts.scenarios.scenario import Scenario, chooses_key, creates, refuses_taken

__all__ = ["RUN_SCENARIOS", "Scenario", "scenarios"]

_ALL = (
    Scenario(
        "repeat",
        "a repeated identical request works again, and its answer has the same shape",
        "no key was chosen, so that nothing can be taken",
        creates,
        repeats.run_repeat,
        repeats.TIMES,
        weight="status",
        headline="the same request again is answered otherwise",
    ),
    Scenario(
        "ids_distinct",
        "each of many things has a key of its own",
        "the meaning of a key",
        creates,
        repeats.run_ids_distinct,
        repeats.MANY_IDS,
        weight="data",
        headline="two things have one key",
    ),
    Scenario(
        "isolation",
        "a plain request is answered alike before and after one that says all it can",
        "one request has no part in another",
        creates,
        isolation.run_isolation,
        5,
        weight="data",
        headline="one request shows up in the answer to another",
    ),
    Scenario(
        "forged",
        "members that only the server sets can't be set by naming them",
        "the request's schema, which lacks them",
        creates,
        isolation.run_forged,
        2,
        weight="state",
        headline="a client sets what only the server sets",
    ),
    Scenario(
        "precedence",
        "where several members give one value, each alone counts, the first before the others",
        "the operation's rule, with its evidence",
        isolation.precedence_applies,
        isolation.run_precedence,
        8,
        weight="state",
        headline="of several members that give one value the wrong one counts",
    ),
    Scenario(
        "taken",
        "a taken key is answered as the policy says, for each policy and for none, and the thing stays as it was",
        "the operation's rule, with its evidence",
        refuses_taken,
        taken_keys.run_taken,
        14,
        weight="data",
        headline="a taken key is not answered as its policy says",
    ),
    Scenario(
        "policies_on_new",
        "a policy for taken keys has no say where the key is new",
        "the operation's rule, with its evidence",
        refuses_taken,
        taken_keys.run_policies_on_new,
        3,
        weight="status",
        headline="a policy for taken keys changes what a new key is answered",
    ),
    Scenario(
        "generated_taken",
        "a key that the server made is taken, too",
        "the operation's rule, with its evidence",
        refuses_taken,
        taken_keys.run_generated_taken,
        4,
        weight="data",
        headline="a key that the server made does not count as taken",
    ),
    Scenario(
        "refused_leaves_nothing",
        "a request that was refused has made nothing: its key is free",
        "RFC 9110, 15.5",
        isolation.refused_applies,
        isolation.run_refused_leaves_nothing,
        3 * (isolation.MAX_INVALID + 1),
        weight="state",
        headline="a refused request leaves something behind",
    ),
    Scenario(
        "one_winner",
        "of several creates of one key at one moment, one makes the thing",
        "the operation's rule, with its evidence",
        refuses_taken,
        repeats.run_one_winner,
        repeats.AT_ONCE,
        weight="data",
        headline="several creates of one key at one moment all win",
    ),
    Scenario(
        "at_once",
        "things that are made at one moment have keys of their own",
        "the meaning of a key",
        creates,
        repeats.run_at_once,
        repeats.AT_ONCE,
        weight="data",
        headline="things made at one moment share a key",
    ),
    Scenario(
        "survives_many",
        "things are still known, as they were, after many others were made",
        "the operation's rule, with its evidence",
        refuses_taken,
        taken_keys.run_survives_many,
        taken_keys.MANY + 6,
        usual=taken_keys.FEW + 10,
        weight="data",
        headline="things are forgotten after others were made",
    ),
    Scenario(
        "key_spelling",
        "a uuid in upper case denotes the same key",
        "RFC 9562, 4; assumed",
        chooses_key,
        taken_keys.run_key_spelling,
        2,
        "assumed",
        weight="style",
        headline="a UUID in upper case is another key",
    ),
    Scenario(
        "kept",
        "what a create makes is there although a part of its request was refused, where the rule says so",
        "the operation's rule, with its evidence",
        partly_refused.partly_refused,
        partly_refused.run_kept,
        2 * partly_refused.MOST,
        weight="data",
        headline="a part that was refused undoes the rest",
    ),
    Scenario(
        "clock",
        "what is made later says so",
        "the meaning of the members' names",
        clock.clock_applies,
        clock.run_clock,
        3,
        weight="state",
        headline="what is made later does not say so",
    ),
    Scenario(
        "writings",
        "a request is accepted in every writing that means the same",
        "RFC 8259, 2 and 7; RFC 9110, 8.3 and 12",
        writings.wire_applies,
        writings.run_writings,
        21,
        weight="status",
        headline="the same request, written otherwise, is refused",
    ),
    Scenario(
        "final_slash",
        "a final slash is answered by a redirect to the path without it, where that is said of the provider",
        "x-behaviour of the whole provider",
        provider_manners.slashed,
        provider_manners.run_final_slash,
        2,
        "observed",
        weight="style",
        headline="a final slash is not answered by the redirect that is known",
    ),
    Scenario(
        "unknown_route",
        "a path that the provider does not have is refused in the form that is said of it",
        "x-behaviour of the whole provider",
        provider_manners.pathless,
        provider_manners.run_unknown_route,
        1,
        "observed",
        weight="style",
        headline="an unknown path is not refused in the form that is known",
    ),
    Scenario(
        "cors",
        "browsers get the origins, methods and headers that are said of the provider",
        "x-behaviour of the whole provider; Fetch standard, 3.2",
        provider_manners.open_to_pages,
        provider_manners.run_cors,
        2,
        "observed",
        weight="style",
        headline="browsers get other CORS headers than are known",
    ),
    Scenario(
        "broken_credentials",
        "credentials that are written wrongly are none",
        "the document's security schemes",
        writings.credentials_applies,
        writings.run_broken_credentials,
        10,
        weight="data",
        headline="credentials that are written wrongly get in",
    ),
)
RUN_SCENARIOS = (*RUNS, *CONVERSATIONS)
scenarios: Mapping[str, Scenario] = {
    scenario.name: scenario for scenario in (*_ALL, *FAMILY, *RUN_SCENARIOS, *ROBUSTNESS)
}
