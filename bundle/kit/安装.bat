@echo off
chcp 936 >nul
rem 这个文件按 GBK 编码、CRLF 换行放进安装包：中文 Windows 的命令行窗口是 GBK（代码页 936），
rem 开了“Beta 版：使用 Unicode UTF-8”的电脑由上一行改回 936。程序文件名都是英文，不受代码页影响。
setlocal
pushd "%~dp0"
set PY=
if not "%~1"=="" set PY="%~1"
for %%V in (3.13 3.12 3.11) do if not defined PY py -%%V -c "" >nul 2>nul && set PY=py -%%V
if not defined PY python -c "" >nul 2>nul && set PY=python
if not defined PY (
    echo 没有安装：没有找到 Python。处理办法：请信息部门安装 64 位的 Python 3.11、3.12 或 3.13；
    echo 装好仍找不到的，写 安装.bat 和 python.exe 的路径。
    set CODE=1
    goto end
)
%PY% program\install.py
set CODE=%ERRORLEVEL%
:end
popd
pause
exit /b %CODE%
