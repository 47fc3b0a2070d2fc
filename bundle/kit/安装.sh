#!/bin/sh
# 安装：sh 安装.sh，或者 sh 安装.sh /opt/python3.12/bin/python3
# 先找能用的 Python；版本都不合的，让找到的那个说明缺什么。
cd "$(dirname "$0")" || exit 1
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
PYTHON=$1
for NAME in python3.13 python3.12 python3.11 python3; do
    [ -z "$PYTHON" ] && fits "$NAME" && PYTHON=$NAME
done
[ -z "$PYTHON" ] && command -v python3 >/dev/null && PYTHON=python3
if [ -z "$PYTHON" ]; then
    echo "没有安装：没有找到 Python。处理办法：请信息部门安装 64 位的 Python 3.11、3.12 或 3.13；装好仍找不到的，写 sh 安装.sh 和它的路径。"
    exit 1
fi
if ! "$PYTHON" -c 'import sys; assert sys.version_info >= (3, 6)' 2>/dev/null; then
    echo "没有安装：$PYTHON 不能运行，或者太旧。处理办法：核对路径，或请信息部门安装 64 位的 Python 3.11、3.12 或 3.13。"
    exit 1
fi
exec "$PYTHON" program/install.py
