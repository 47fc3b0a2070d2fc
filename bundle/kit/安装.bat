@echo off
chcp 936 >nul
rem 这个文件按 GBK 编码、CRLF 换行放进安装包：中文 Windows 的命令行窗口是 GBK（代码页 936），
rem 开了“Beta 版：使用 Unicode UTF-8”的电脑由上一行改回 936。程序文件名都是英文，不受代码页影响。
setlocal
pushd "%~dp0"
set PY=
set CODE=1
if not "%~1"=="" goto given
for %%V in (3.13 3.12 3.11) do call :try py -%%V
call :try python
if defined PY goto install
echo 没有安装：没有找到 Python。处理办法：请信息部门安装 64 位的 Python 3.11、3.12 或 3.13；
echo 装好仍找不到的，写 安装.bat 和 python.exe 的路径。
goto end
:given
call :try "%~1"
if defined PY goto install
echo 没有安装：%1 不能运行，或者太旧。处理办法：核对路径，或请信息部门安装 64 位的 Python 3.11、3.12 或 3.13。
goto end
:install
%PY% program\install.py
set CODE=%ERRORLEVEL%
:end
popd
pause
exit /b %CODE%
:try
if defined PY goto :eof
%* -c "import sys; assert sys.version_info >= (3, 6)" >nul 2>nul
if "%ERRORLEVEL%"=="0" set PY=%*
goto :eof
