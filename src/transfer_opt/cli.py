"""The command line: each command reads its options, makes one call and prints."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from transfer_opt import __version__
from transfer_opt.errors import InputError, OutputError, Problem, TransferOptError

if TYPE_CHECKING:
    from transfer_opt.outcome import Outcome

PATIENCE = 1.0
"""Seconds after which a user wants to know what is going on."""
USAGE_EXIT = 2
BUG_EXIT = 70


class _Chinese:
    """Help pages with Chinese headings."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = [record for parameter in self.get_params(ctx)  # type: ignore[attr-defined]
                   if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None]
        if records:
            with formatter.section("选项"):
                formatter.write_dl(records)
        if isinstance(self, click.Group):
            with formatter.section("命令"):
                formatter.write_dl([(name, command.get_short_help_str(80)) for name, command in self.commands.items()])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示这份帮助。"
        return option  # type: ignore[no-any-return]


class _Command(_Chinese, click.Command):
    pass


class _Group(_Chinese, click.Group):
    command_class = _Command


@click.group(cls=_Group, options_metavar="[选项]", subcommand_metavar="命令 [参数]…")
@click.version_option(__version__, message="transfer-opt %(version)s", help="显示版本号。")
def cli() -> None:
    """把转移支付资金按政策规则分配到县区：读部门的 Excel 工作簿，用线性规划求出唯一的最优方案，写出可打印、可核对的结果工作簿。

    \b
    例：
      transfer-opt init --example 示例.xlsx     生成一份示例工作簿
      transfer-opt check 预算.xlsx              检查工作簿，列出全部问题
      transfer-opt solve 预算.xlsx              计算并写出 预算_分配结果.xlsx
      transfer-opt explain 预算_分配结果.xlsx 玛多县   说明一个县的数是怎么来的
    """


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that reads a budget."""
    for option in (
        click.option("--model", type=click.Path(path_type=Path), metavar="文件", help="另用一份模型文件（默认：青海模型）。"),
        click.option("--rename", multiple=True, metavar="列=标准列", help="把表里的列当作标准列，可写多次。"),
        click.option("--password-file", type=click.Path(path_type=Path, dir_okay=False), metavar="文件",
                     help="工作簿有打开密码时，从这个文本文件的第一行读密码（不给时在终端里询问）。"),
        click.option("--json", "as_json", is_flag=True, help="在标准输出打印一个 JSON 对象，供程序读取。"),
        click.option("--quiet", is_flag=True, help="只在出错时说话。"),
    ):
        command = option(command)
    return command


@cli.command(options_metavar="[选项]")
@click.argument("path", required=False, type=click.Path(path_type=Path), metavar="[文件]")
@click.option("--example", is_flag=True, help="写出填好的示例（示例数据），而不是空白模板。")
@click.option("--force", is_flag=True, help="文件已存在时覆盖它。")
def init(path: Path | None, example: bool, force: bool) -> None:
    """生成空白模板或示例工作簿。

    \b
    例：transfer-opt init 预算.xlsx
        transfer-opt init --example 示例.xlsx
    """
    from transfer_opt.starting import write_start

    target = path or Path("示例.xlsx" if example else "预算模板.xlsx")
    if target.exists() and not force:
        raise OutputError(f"文件已存在，没有覆盖：{target}。处理办法：换一个文件名，或加 --force。")
    write_start(target, example)
    click.echo(f"已写出{'示例' if example else '空白模板'}：{target}")


@cli.command(options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@_shared
def check(
    budget: Path, model: Path | None, rename: Sequence[str], password_file: Path | None, as_json: bool, quiet: bool
) -> None:
    """检查工作簿，一次列出全部问题：在哪张表、哪个单元格、值是什么、怎么改。

    \b
    例：transfer-opt check 预算.xlsx
    """
    from transfer_opt.run import check as run_check

    problems = run_check(budget, model, _renames(rename), _password(budget, password_file))
    errors = [problem for problem in problems if not problem.is_warning]
    if as_json:
        _print_json("error" if errors else "ok", InputError.exit_code if errors else 0, budget, problems=problems)
    elif not quiet:
        for problem in problems:
            click.echo(f"警告 {problem}" if problem.is_warning else str(problem), err=True)
        count = f"发现 {len(errors)} 个错误" if errors else "没有错误"
        click.echo(f"{count}，{len(problems) - len(errors)} 个警告：{budget}")
    sys.exit(InputError.exit_code if errors else 0)


@cli.command(options_metavar="[选项]")
@click.argument("budget", type=click.Path(path_type=Path), metavar="工作簿")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="文件", help="结果工作簿（默认：输入文件名_分配结果.xlsx）。")
@click.option("--scenario", metavar="方案", help="按「方案」里的一个方案计算（默认：工作簿现状，即基准方案）。")
@click.option("--solver", default="auto", metavar="名称",
              help="求解器：auto（默认）、pulp-highs、highs、cbc，或 PuLP 认识的其他名称。结果相同。")
@click.option("--unit", metavar="单位", help="公布单位，如 1元、1万元、0.01万元（默认：工作簿「取整」里写的）。")
@click.option("--relax", is_flag=True, help="规则互相矛盾时，把矛盾的规则改为「软」再算，并在每张表上注明「已放宽」。")
@click.option("--time-limit", type=click.FloatRange(min=0), metavar="秒", help="最多算多少秒；到时没有证明最优就停止（退出码 4）。")
@_shared
def solve(
    budget: Path, output: Path | None, scenario: str | None, solver: str, unit: str | None, relax: bool,
    time_limit: float | None,
    model: Path | None, rename: Sequence[str], password_file: Path | None, as_json: bool, quiet: bool,
) -> None:
    """计算分配方案并写出结果工作簿；输入文件不会被改动。

    \b
    例：transfer-opt solve 预算.xlsx
        transfer-opt solve 预算.xlsx -o 结果.xlsx --scenario 均衡优先
    """
    from transfer_opt import run

    tell = _progress(quiet or as_json)
    target = run.result_path(budget, output)
    tell("读取工作簿")
    prepared = run.prepare(budget, model, scenario, unit, _renames(rename), _password(budget, password_file))
    outcome = run.allocate(prepared, solver, tell, relax, time_limit)
    tell("写结果工作簿")
    run.write(outcome, target)
    if as_json:
        _print_json("ok", 0, budget, target, outcome)
        return
    for alarm in outcome.alarms:  # a shortfall or an exceeded cap is never silent
        click.echo(f"警告 {alarm}", err=True)
    if not quiet:
        _print_outcome(outcome, target)


@cli.command(options_metavar="[选项]")
@click.argument("result", type=click.Path(path_type=Path), metavar="结果工作簿")
@click.argument("county", metavar="县区")
def explain(result: Path, county: str) -> None:
    """用几句话说明一个县区为什么分到这么多：每笔的来历、起作用的规则和条款。

    \b
    例：transfer-opt explain 预算_分配结果.xlsx 玛多县
    """
    from transfer_opt.narrative import explain as sentences

    for sentence in sentences(result, county):
        click.echo(sentence)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program: every way out has its exit code and, where something is wrong, one Chinese sentence."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console must not end the program
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli.main(given, prog_name="transfer-opt", standalone_mode=False)
    except click.ClickException as error:
        click.echo(_usage_sentence(error), err=True)
        sys.exit(USAGE_EXIT)
    except click.Abort:
        click.echo("已中断，没有写出任何文件。", err=True)
        sys.exit(130)
    except TransferOptError as error:
        _print_error(error, "--json" in given)
        sys.exit(error.exit_code)
    except Exception as error:  # the last line of defence: one sentence, no traceback
        _print_bug(error)
        sys.exit(BUG_EXIT)
    sys.exit(0)


def _renames(pairs: Sequence[str]) -> dict[str, str]:
    result = {}
    for pair in pairs:
        column, equals, standard = pair.partition("=")
        if not (column and equals and standard):
            raise click.BadParameter(f"--rename 应写成 列=标准列，收到「{pair}」。")
        result[column] = standard
    return result


def _password(budget: Path, file: Path | None) -> str | None:
    """The password of a locked workbook: from the file, else asked for where somebody sits at the terminal."""
    from transfer_opt.workbook.opening import is_locked

    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig").split("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError([Problem("E115", f"密码文件「{file}」读不了。", "给出 UTF-8 编码的文本文件，第一行写密码。")]) from error
    if sys.stdin.isatty() and is_locked(budget):
        return str(click.prompt("工作簿的打开密码", hide_input=True, err=True))
    return None


def _progress(silent: bool) -> Callable[[str], None]:
    """Say on stderr what is being done, once it has taken more than a second."""
    start = time.monotonic()

    def tell(what: str) -> None:
        elapsed = time.monotonic() - start
        if not silent and elapsed > PATIENCE:
            click.echo(f"[{elapsed:.0f} 秒] {what}…", err=True)

    return tell


def _print_outcome(outcome: Outcome, target: Path) -> None:
    case = outcome.case
    for problem in outcome.problems:
        click.echo(f"警告 {problem}", err=True)
    click.echo(f"方案：{outcome.scenario}　目标：{' > '.join(outcome.objective)}")
    for fund, row in zip(case.funds, outcome.amounts, strict=True):
        total = _total(row)
        same = "与可分配总额一致" if total == fund.pool else "与可分配总额不一致"
        kept = f"，另预留 {fund.reserved:,.12g} {case.money_unit}" if fund.reserved else ""
        click.echo(f"  {fund.name}：{total:,.12g} {case.money_unit}（{same}{kept}）")
    if (outcome.shortfall == outcome.shortfall).all():
        short = int((outcome.shortfall > 0).sum())
        click.echo(f"  “三保”缺口：{outcome.shortfall.sum():,.12g} {case.money_unit}，{short} 个县"
                   + _last_year(outcome))
    click.echo(f"结果：{target}")


def _total(row: Iterable[float]) -> float:
    """The sum of the known amounts, without the dust of float sums."""
    return round(sum(float(value) for value in row if value == value), 8)


def _last_year(outcome: Outcome) -> str:
    """「；按上年资金为 34,206 万元，12 个县」."""
    gap = next((entry for entry in outcome.indicators if entry.name == "“三保”缺口"), None)
    count = next((entry for entry in outcome.indicators if entry.name == "“三保”缺口县数"), None)
    if gap is None or count is None or gap.last != gap.last:
        return ""
    return f"（按上年资金为 {gap.last:,.12g} {outcome.case.money_unit}，{count.last:.0f} 个县）"


def _print_error(error: TransferOptError, as_json: bool) -> None:
    problems = error.problems if isinstance(error, InputError) else ()
    if as_json:
        _print_json("error", error.exit_code, None, problems=problems, message="" if problems else str(error))
        return
    for problem in problems:
        click.echo(f"警告 {problem}" if problem.is_warning else str(problem), err=True)
    if not problems:
        click.echo(str(error), err=True)


def _print_json(
    status: str, code: int, source: Path | None, target: Path | None = None, outcome: Outcome | None = None,
    problems: Sequence[Problem] = (), message: str = "",
) -> None:
    """One object on stdout, the same keys whatever happened."""
    told: Sequence[Problem] = outcome.problems if outcome else problems
    content: dict[str, Any] = {
        "status": status, "exit": code, "input": str(source) if source else None, "output": str(target) if target else None,
        "scenario": outcome.scenario if outcome else None,
        "totals": [{"fund": fund.name, "pool": fund.pool, "allocated": _total(row)}
                   for fund, row in zip(outcome.case.funds, outcome.amounts, strict=True)] if outcome else [],
        "stages": [{"name": stage.name, "value": stage.value} for stage in outcome.solution.stages
                   if stage.value == stage.value] if outcome else [],
        "problems": [problem.as_dict() for problem in told if not problem.is_warning],
        "warnings": [problem.as_dict() for problem in told if problem.is_warning]
        + [Problem("W360", alarm).as_dict() for alarm in (outcome.alarms if outcome else ())],
        "message": message,
    }
    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def _usage_sentence(error: click.ClickException) -> str:
    """click's own errors in Chinese."""
    if isinstance(error, click.MissingParameter):
        name = error.param.human_readable_name if error.param else ""
        return f"缺少参数 {name}。用 transfer-opt --help 查看用法。"
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。用 --help 查看可用的选项。"
    if isinstance(error, click.UsageError) and "No such command" in error.message:
        return f"没有这个命令。可用的命令：{'、'.join(cli.commands)}。"
    text = error.message
    return text if not text.isascii() else f"命令写得不对（{text}）。用 --help 查看用法。"


def _print_bug(error: Exception) -> None:
    """A report without any data: the kind of error and where it happened."""
    import tempfile
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"transfer-opt {__version__}", type(error).__name__]
    lines += [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    with tempfile.NamedTemporaryFile("w", prefix="transfer-opt-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    click.echo(f"程序出错（不是您的数据问题），没有写出结果；错误报告（不含数据）在 {file.name}。", err=True)


if __name__ == "__main__":
    main()
