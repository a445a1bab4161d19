"""Options and arguments that several commands take."""

import click

data_argument = click.argument("data", type=click.Path())
model_argument = click.argument("model", type=click.Path())
delimiter_option = click.option("--delimiter", metavar="CHAR", help="Of a CSV; a comma by default, a tab for .tsv.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
level_option = click.option("--level", type=float, default=0.95, show_default=True, help="Of the intervals.")
