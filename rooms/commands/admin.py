"""`levelchat admin …`: organisations, projects, API keys and users, beside a running server."""

from levelchat.cli import LazyGroup

command = LazyGroup(
    modules={
        "org": "rooms.commands.organisations",
        "project": "rooms.commands.projects",
        "key": "rooms.commands.keys",
        "user": "rooms.commands.users",
    },
    name="admin",
    help="Organisations, projects, API keys and users; works beside a running server.",
    no_args_is_help=True,
)
