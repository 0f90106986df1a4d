//! PowerShell and batch files.

use super::*;

fn other(script: &str, dialect: &Dialect) -> String {
    let (text, holes) = holes_of(script);
    let script = parse(&text, &holes, dialect);
    script.errors.iter().fold(all(&script.body), |out, error| format!("{out} !{error:?}"))
}

#[test]
fn powershell() {
    for (script, expected) in [
        ("docker push \"$env:REG/x:${t}\" 'a$b'", "(docker push '$env:REG'+'/x:'+'$t' 'a$b')"),
        ("docker push $env:I@sha256:ab", "(docker push $env:I+@sha256:ab)"),
        ("& ./x.ps1 -A b | Out-Null", "(| (./x.ps1 -A b) (Out-Null))"),
        ("$d = crane digest $i\n$env:X = \"y\"", "(d='$((crane digest $i))') (env:X='y')"),
        ("if ($LASTEXITCODE -ne 0) { exit 1 } else { a }", "(if [(test (!= $LASTEXITCODE 0)) => (exit 1)] else [(a)])"),
        ("try { a } catch { throw 'x' } finally { b }", "(try [(a)] [(throw 'x')] [(b)])"),
        ("foreach ($x in $y) { a $x }", "(for x [$y] (a $x))"),
        ("a `\n  b \"c`\"$(d)\" «h»\nx && y", "(a b 'c\"'+'$((d))' #0) (&& (x) (y))"),
        ("function F { a }\nF 2>&1 > f", "(fn F (group (a))) (F 2>&1 >f)"),
        ("./x.exe install\nif (a) { ./y }", "(./x.exe install) (if [(a) => (./y)])"),
        ("if ((Get-FileHash a).Hash.ToLower() -ne 'x') { b }", "(if [(test (!= $((Get-FileHash a)) 'x')) => (b)])"),
        ("if ($h.Hash -ieq $x.Other) { b }", "(if [(test (== $h $x+.Other)) => (b)])"),
        ("(New-Object Net.WebClient).DownloadFile($u, \"c:\\$f\")", "(DownloadFile $u 'c:\\'+'$f')"),
        ("iex ((New-Object Net.WebClient).DownloadString('u'))", "(iex $((DownloadString 'u')))"),
        ("a $env:T\\x -b $d/${e}/y; $z = ($d / 2)/$e", "(a $env:T+\\x -b $d+/+$e+/y) (z=$((test ( $d+ / 2)))+/+$e)"),
        ("If ($a -eq $b) { Throw 'x' } else { Return }", "(if [(test (== $a $b)) => (throw 'x')] else [(return)])"),
        ("if (-not $a.Equals($b)) { [Environment]::Exit(1) }", "(if [(test (! (== $a $b))) => (exit 1)])"),
        ("$ok = $a -eq $b\n$no = $False", "(if [(test (== $a $b)) => (ok='true')] else [(ok='false')]) (no='false')"),
        ("$t = $c.GetStringAsync('u').Result", "(t='$((GetStringAsync 'u'))')"),
    ] {
        assert_eq!(other(script, &Dialect::PowerShell), expected, "{script}");
    }
}

#[test]
fn batch_files() {
    for (script, expected) in [
        (
            "@echo off\r\nREM x & y\r\n:: z\r\ndocker push %REG%/x:!T! || exit /b 1\r\n",
            "(echo off) (|| (docker push $REG+/x:+$T) (exit 1))",
        ),
        ("set X=«h»\ncall x.bat ^\n a > f 2>&1", "(X=#0) (call x.bat a >f 2>&1)"),
        ("if \"%A%\"==\"b\" (\n c\n d\n) else e", "(if [(test (== '$A' 'b')) => (group (c) (d))] else [(e)])"),
        ("if not exist f a & b\nc & d", "(if [(test (! (exist f))) => (a) (b)]) (c) (d)"),
        ("for %%i in (a) do (b) & c\necho x & d %ERRORLEVEL%", "(for %i [a] (group (b)) (c)) (echo x) (d $ERRORLEVEL)"),
        ("for %%i in (a b) do x %%i %%~nxi.txt %%2F %~1 %2", "(for %i [a b] (x $%i $%i?~nx+.txt %2F $1 $2))"),
        ("echo %%E2 100%%", "(echo %E2 100%)"),
        (
            "for /f \"skip=1\" %%i in ('certutil -hashfile «a» SHA256 ^| find /v \":\" 2^>nul') do set H=%%~i",
            "(for %i ['$((| (certutil -hashfile #0 SHA256) (find /v ':' 2>nul)))'] (H=$%i))",
        ),
        (
            "for /f \"usebackq\" %%i in (`a b`) do (x)\nfor /f %%i in (a) do y",
            "(for %i ['$((a b))'] (group (x))) (for %i ['$((..))'] (y))",
        ),
        ("goto a\n: b\n:: c\n:A rest\nGOTO:EOF\nexit/b 1", "(goto a) (:A) (exit) (exit 1)"),
        ("set /a N+=1\nset X=%Y: =%\nECHO.\necho:x", "(N='$((..))') (X=$Y) (echo) (echo x)"),
        (
            "if %ERRORLEVEL% neq 0 (\n if %errorlevel%==1 a !ERRORLEVEL!\n)\na & b %ERRORLEVEL%",
            "(if [(test (!= $ERRORLEVEL 0)) => (group (if [(test (== $errorlevel?read 1)) => (a $ERRORLEVEL)]))]) (a) (b $ERRORLEVEL?read)",
        ),
        ("if errorlevel 1 EXIT /B", "(if [(test (-ge '$errorlevel' 1)) => (exit)])"),
        ("if %ERRORLEVEL% neq 0 goto :eof", "(if [(test (!= $ERRORLEVEL 0)) => (exit)])"),
        ("set \"A=b c\"\nset A=%B% c\nset /p A=b\nset", "(A='b c') (A=$B+ +c) (set /p A=b) (set)"),
    ] {
        assert_eq!(other(script, &Dialect::Cmd), expected, "{script}");
    }
}
