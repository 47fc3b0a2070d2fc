"""A command written wrong, in Chinese: what is wrong with it and what to write instead. None of click's own words remain."""

from __future__ import annotations

import re

import click

from transfer_opt.core.suggestions import did_you_mean


def usage_sentence(error: click.ClickException) -> str:
    """One sentence about a usage error, and the remedy."""
    if error.message.endswith("。") or type(error).__name__ == "NoArgsIsHelpError":
        return error.message  # this program's own words
    context = error.ctx if isinstance(error, click.UsageError) else None
    said, remedy = _said(error, context)
    page = context.command_path if context else "transfer-opt"
    return f"{said}。处理办法：{remedy}用 {page} --help 查看用法。"


def _said(error: click.ClickException, context: click.Context | None) -> tuple[str, str]:
    """What is wrong, and what to do about it where more can be said than where to look."""
    if isinstance(error, click.MissingParameter):
        return f"缺少{_name(error.param)}", ""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}", did_you_mean(
            error.option_name, error.possibilities or ()
        )
    if isinstance(error, click.BadOptionUsage):
        excess = "does not take" in error.message
        return f"选项 {error.option_name} {'不带值' if excess else '后面缺少它的值'}", ""
    if isinstance(error, click.BadParameter):
        return f"{_name(error.param)} 的值{_value(error.message)}不对", _wanted(error.param)
    if found := re.match(r"No such command '(.*)'\.", error.message, re.DOTALL):
        known = (
            list(context.command.commands)
            if context and isinstance(context.command, click.Group)
            else []
        )
        return f"没有命令「{found[1]}」", did_you_mean(found[1], known)
    if found := re.match(r"Got unexpected extra arguments? \((.*)\)$", error.message, re.DOTALL):
        return (
            f"多出了「{found[1]}」",
            "名字里有空格时，用英文双引号把整个名字括起来，否则删去多出的部分。",
        )
    return "命令写得不对", ""


def _name(parameter: click.Parameter | None) -> str:
    if isinstance(parameter, click.Option):
        return f"选项 {max(parameter.opts, key=len)}"
    return f"参数「{(parameter.metavar or '').strip('[]')}」" if parameter else "参数"


def _value(message: str) -> str:
    """The value as the user wrote it, where the message tells it."""
    found = re.match(r"(?:File )?'?(.+?)'? (?:is not|is a|does not) ", message, re.DOTALL)
    return f"「{found[1]}」" if found else ""


def _wanted(parameter: click.Parameter | None) -> str:
    """What the value should be."""
    kind = parameter.type if parameter else None
    if isinstance(kind, click.Choice):
        return f"写 {'、'.join(map(str, kind.choices))} 之一。"
    if isinstance(kind, click.IntRange | click.FloatRange):
        return f"写不小于 {kind.min} 的{'整数' if isinstance(kind, click.IntRange) else '数字'}。"
    return "给出文件，不是文件夹。" if isinstance(kind, click.Path) else ""
