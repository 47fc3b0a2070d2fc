#!/bin/sh
# 打开测算台：只用本机，不用网络。
cd "$(dirname "$0")" || exit 1
if [ ! -f env/installed ]; then
    echo "还没有安装：先在这个文件夹里运行 sh 安装.sh。"
    exit 1
fi
exec env/bin/python -m transfer_opt open
