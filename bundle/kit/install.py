"""Installs the bundle it lies in, without a network: what is missing is said first, then an environment is made and tried.

Written so that Pythons which are too old can read it, too, and say so: no annotations, nothing newer than 3.6.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM, ENVIRONMENT, EXAMPLE = "program", "env", "示例.xlsx"
DONE = os.path.join(ENVIRONMENT, "installed")
LONGEST = 259
"""Characters of a path that programs on Windows can count on."""
KINDS = {
    "win-amd64": "Windows（x86-64）",
    "win-arm64": "Windows（ARM64）",
    "linux-x86_64": "Linux（x86-64）",
    "linux-aarch64": "Linux（ARM64）",
}


def this_machine():
    """What of this computer matters."""
    return {
        "platform": sysconfig.get_platform(),  # what its Python was built for
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "glibc": glibc(),
        "python": list(sys.version_info[:3]),
        "usual": platform.python_implementation() == "CPython"
        and not sysconfig.get_config_var("Py_GIL_DISABLED"),
        "executable": sys.executable,
    }


def glibc():
    """The version of the C library, [] where it is another one."""
    name, version = platform.libc_ver()
    return [int(part) for part in version.split(".")[:2]] if name == "glibc" else []


def wrong_machine(bundle, machine):
    """Why this bundle is not for this computer or its Python: sentences."""
    windows = bundle["platform"].startswith("win")
    narrow = (
        windows and machine["platform"] == "win32"
    )  # a Python of 32 bits says nothing of the computer
    if machine["platform"] != bundle["platform"] and not narrow:
        yield "这个安装包用于 {}，这台电脑是 {}。处理办法：换用适合这台电脑的安装包。".format(
            KINDS[bundle["platform"]], KINDS.get(machine["platform"], machine["platform"])
        )
        return
    if bundle["glibc"] and machine["glibc"] < bundle["glibc"]:
        wanted, found = (".".join(map(str, each)) for each in (bundle["glibc"], machine["glibc"]))
        yield "要用 glibc {} 以上，这台电脑是 {}。处理办法：请信息部门升级系统，或换一台电脑。".format(
            wanted, found or "别的 C 库"
        )
    versions = "、".join(".".join(map(str, each)) for each in bundle["pythons"])
    where = "处理办法：请信息部门安装 64 位的 Python {}（三者之一）；装好仍找不到的，{}。".format(
        versions, "写 安装.bat 和 python.exe 的路径" if windows else "写 sh 安装.sh 和它的路径"
    )
    if machine["python"][:2] not in bundle["pythons"]:
        yield "找到的 Python 是 {}（{}），可以用的版本是 {}。{}".format(
            ".".join(map(str, machine["python"])), machine["executable"], versions, where
        )
    elif narrow or machine["bits"] != 64:
        yield "找到的 Python 是 32 位的（{}）。{}".format(machine["executable"], where)
    elif not machine["usual"]:
        yield "找到的 Python 不是通常的 CPython（{}）。{}".format(machine["executable"], where)


def wrong_place(bundle, folder, room):
    """Why this folder will not do; `room` is the free space in bytes."""
    if bundle["platform"].startswith("win") and len(folder) + 1 + bundle["longest"] > LONGEST:
        yield "文件夹的路径太长：{}（{} 个字符，最多 {} 个）。处理办法：移到 D:\\测算 这样短的地方再安装。".format(
            folder, len(folder), LONGEST - 1 - bundle["longest"]
        )
    if room < bundle["installed"]:
        yield "磁盘空间不够：要 {} MB，还剩 {} MB。处理办法：换一个盘，或腾出空间。".format(
            -(-bundle["installed"] // 10**6), room // 10**6
        )


def wrong_files(bundle, folder):
    """What is missing or damaged of what was unpacked."""
    again = "处理办法：重新复制安装包，完整解压后再安装。"
    for name, expected in sorted(bundle["files"].items()):
        path = os.path.join(folder, *name.split("/"))
        try:
            with open(path, "rb") as file:
                found = hashlib.sha256(file.read()).hexdigest()
        except OSError:
            yield "缺文件，或者打不开：{}。{}".format(name, again)
            continue
        if found != expected:
            yield "文件损坏：{} 的校验码与清单不同。{}".format(name, again)


def clear(folder):
    """Take away an environment that is there; raises OSError where it is in use or the folder is not ours to write."""
    path = os.path.join(folder, ENVIRONMENT)
    if os.path.exists(os.path.join(folder, DONE)):
        os.remove(os.path.join(folder, DONE))  # what is half taken away does not count as installed
    if os.path.exists(path):
        shutil.rmtree(path)
    os.mkdir(path)


def python_of(folder):
    """The Python of the environment."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(folder, ENVIRONMENT, *parts)


def clean():
    """The environment variables without those that lead Python or pip elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "TRANSFER_OPT_"))
    }
    return dict(kept, PIP_CONFIG_FILE=os.devnull, PYTHONNOUSERSITE="1")


def install(bundle, folder):
    """Make the environment from the wheels alone; the error text where that fails."""
    import venv

    venv.EnvBuilder(clear=False, with_pip=False, symlinks=os.name != "nt").create(
        os.path.join(folder, ENVIRONMENT)
    )
    wheels = os.path.join(folder, PROGRAM, "wheels")
    command = [python_of(folder), os.path.join(wheels, bundle["pip"], "pip")]
    command += ["install", "--isolated", "--disable-pip-version-check", "--no-cache-dir", "--quiet"]
    command += ["--no-index", "--find-links", wheels, "--require-hashes", "--only-binary", ":all:"]
    command += ["-r", os.path.join(folder, PROGRAM, "requirements.txt")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean())
    said = done.stdout.decode("utf-8", "replace").strip()
    return "" if done.returncode == 0 else said or "pip {}".format(done.returncode)


def tried(folder):
    """Whether the example passes its check; what the program says is shown."""
    command = [python_of(folder), "-m", "transfer_opt", "check"]
    command += [os.path.join(folder, EXAMPLE)]
    return subprocess.run(command, env=clean(), cwd=folder).returncode == 0


def desktop_entry(folder):
    """The text of the icon that opens the page; such files need the whole path, quoted as their format asks."""
    script = os.path.join(folder, "打开测算台.sh")
    for sign in ("\\", '"', "`", "$"):
        script = script.replace(sign, "\\" + sign)
    return (
        "[Desktop Entry]\nType=Application\nName=转移支付测算台\n"
        'Exec=sh "{}"\nTerminal=true\nCategories=Office;\n'.format(
            script.replace("\\", "\\\\").replace("%", "%%")
        )
    )


def say(text):
    """Show a line, and at once: other programs write after it."""
    try:
        print(text)
    except UnicodeEncodeError:  # Python 3.6 where nothing tells that the terminal knows Chinese
        sys.stdout.buffer.write(text.encode("utf-8") + b"\n")
    sys.stdout.flush()


def troubles(bundle, folder, machine):
    """Everything that stands in the way, before anything is written."""
    found = list(wrong_machine(bundle, machine))
    return found or [
        *wrong_place(bundle, folder, shutil.disk_usage(folder).free),
        *wrong_files(bundle, folder),
    ]


def main():
    """0 where it is installed and the example was checked, 1 otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    with open(os.path.join(HERE, PROGRAM, "bundle.json"), encoding="utf-8") as file:
        bundle = json.load(file)
    found = troubles(bundle, HERE, this_machine())
    if found:
        say("\n".join(["没有安装："] + found))
        return 1
    say("正在安装 {}，不用网络，请稍候。".format(bundle["name"]))
    try:
        clear(HERE)
        error = install(bundle, HERE)
    except OSError as problem:
        say(
            "没有安装：{} 写不进去（{}）。处理办法：先关掉正在用的测算台和命令行窗口；只读的地方，"
            "先把整个文件夹复制到自己能写的地方。".format(
                problem.filename or HERE, type(problem).__name__
            )
        )
        return 1
    if error:
        say("没有安装好。下面是安装程序的原话，请交给维护人员：\n" + error)
        return 1
    say("已装好，检查示例：")
    if not tried(HERE):
        say("示例没有通过检查：请把上面的话交给维护人员。")
        return 1
    if os.name != "nt":
        with open(os.path.join(HERE, "打开测算台.desktop"), "w", encoding="utf-8") as file:
            file.write(desktop_entry(HERE))
        os.chmod(file.name, 0o755)
    with open(os.path.join(HERE, DONE), "w", encoding="utf-8") as file:
        file.write(bundle["name"] + "\n")
    say("安装完成。双击 打开测算台 即可使用；手册在 手册 文件夹里，从 用户手册.html 看起。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
