@echo off
chcp 936 >nul
rem 按 GBK 编码、CRLF 换行放进安装包，理由见 安装.bat。只用本机，不用网络。
setlocal
pushd "%~dp0"
if not exist env\installed (
    echo 还没有安装：先双击 安装.bat。
    pause
    exit /b 1
)
env\Scripts\python.exe -m transfer_opt open
set CODE=%ERRORLEVEL%
popd
if not "%CODE%"=="0" pause
exit /b %CODE%
