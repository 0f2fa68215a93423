"""Which of the releases on this terminal is started, and how one that is on trial comes to stay.

| what | where | who writes it |
|---|---|---|
| the package's own release | `/usr/lib/jumpguard` | dpkg |
| a later one, a slot | `<slots>/<version>/` | root (`provisioning.update`) |
| which slot is in force, and which is to be tried | `<slots>/slots.json` | root |
| what became of a request | `<slots>/outcome.json` | root |
| what is asked of root | `<marks>/request` | the terminal |
| that a trial has begun: it is never begun again | `<marks>/begun` | the chooser, before it starts it |
| how far a trial came | `<marks>/reached` | the release on trial |
| that it has proven itself: from then on it counts | `<marks>/proven` | the release on trial |
| that the fleet was told of its end | `<marks>/told` | whichever release runs then |

`<slots>` is `/var/lib/jumpguard-slots`, `<marks>` is `update` in the terminal's state. The terminal cannot write what
it runs: the worst that false marks do is to try a signed release again, or to fall back to the one before.
"""
