package swaplint.verification.unverified_download_test

import data.swaplint.lib.fixture
import data.swaplint.verification.unverified_download.finding

tool := "https://get.example.com/tool"

download(id, url, file, overrides) := object.union(
	fixture.event("download", {
		"id": id,
		"tool": "curl",
		"source": fixture.url(url, {}),
		"reference": fixture.url(url, {}),
		"destination": fixture.reference(file, "file"),
	}),
	overrides,
)

used := {"reference": {"is_used": true}, "source": {"is_used": true}}

fetched(overrides) := fixture.facts({"download": [download(1, tool, "tool", overrides)]})

verify(id, file, overrides) := object.union(
	fixture.event("verify", {"id": id, "tool": "sha256sum", "reference": fixture.reference(file, "file")}),
	overrides,
)

test_trusted_hosts_are_told_to_auditors if {
	trusting := {"unverified-download": {"trusted-hosts": ["get.example.com"]}}
	some found in finding with input as fetched(used) with data.options as trusting
	found.persona == "auditor"
	found.severity == "low"
}

test_used_file_is_high if {
	some found in finding with input as fetched(used)
	found.span == 3
	found.severity == "high"
	found.persona == "regular"
	contains(found.message, "https://get.example.com/tool")
}

severities(facts) := {found.severity | some found in finding with input as facts}

passed_on(kind) := object.union(fetched({}), {"events": {kind: [fixture.event(kind, {
	"id": 2,
	"reference": fixture.reference("/tmp/tool", "file"),
})]}})

test_what_is_signed_or_published_is_used if {
	severities(passed_on("sign")) == {"high"}
	severities(passed_on("publish")) == {"medium"}
}

sent_after(path, folder) := object.union(fetched({"destination": located(path)}), {"events": {"upload": [fixture.event("upload", {
	"id": 2,
	"source": located(folder),
	"destination": fixture.url("s3://acme/x", {}),
})]}})

located(path) := object.union(fixture.reference(path, "file"), {"path": path}) if not contains(path, "$")

located(path) := fixture.reference(path, "file") if contains(path, "$")

test_what_lies_in_a_folder_is_published_with_it if {
	every path, folder in {"dist/js/app.js": "dist", "app.js": "", "a/b/app.js": "", "/opt/x/app.js": "/opt"} {
		severities(sent_after(path, folder)) == {"medium"}
	}
	every path, folder in {"/opt/x/app.js": "", "../app.js": "", "dist/app.js": "di", "${OUT}/app.js": ""} {
		severities(sent_after(path, folder)) == {"low"}
	}
}

test_archive_is_high_beside_credentials_alone if {
	facts := fetched(object.union(used, {"source": {"is_only_unpacked": true}}))
	some found in finding with input as facts
	found.severity == "medium"
	found.persona == "regular"
	some higher in finding with input as object.union(facts, {"executions": [fixture.execution({"privileged": true})]})
	higher.severity == "high"
}

test_file_that_is_not_seen_to_be_used_is_pedantic if {
	some found in finding with input as fetched({})
	found.severity == "low"
	found.persona == "pedantic"
}

test_url_that_is_installed_is_high if {
	install := fixture.event("install", {"tool": "pip", "reference": fixture.url("https://x.example.com/a.whl", {})})
	some found in finding with input as fixture.facts({"install": [install]})
	found.severity == "high"
}

test_url_that_is_deployed_is_high if {
	deploy := fixture.event("deploy", {"tool": "kubectl", "reference": fixture.url("https://x.example.com/a.yaml", {})})
	count(finding) == 1 with input as fixture.facts({"deploy": [deploy]})
}

test_bucket_is_no_local_host if {
	source := fixture.url("s3://bucket/tool", {"is_local": true, "is_used": true})
	count(finding) == 1 with input as fetched({"source": source, "reference": source})
}

test_example_counts_less if {
	some found in finding with input as object.union(fetched(used), {"pipeline": {"is_example": true}})
	found.severity == "medium"
}

test_checked_file_is_fine if {
	facts := {"events": {"verify": [verify(2, "tool", {})]}}
	count(finding) == 0 with input as object.union(fetched(object.union(used, {"guards": [2]})), facts)
}

test_check_of_what_is_fetched_to_the_same_place_is_none if {
	facts := {"events": {"verify": [verify(3, "tool", {})]}}
	count(finding) == 1 with input as object.union(fetched(object.union(used, {"guards": [3], "until": 2})), facts)
	count(finding) == 0 with input as object.union(fetched(object.union(used, {"guards": [3], "until": 4})), facts)
}

test_ignored_check_is_none if {
	facts := {"events": {"verify": [verify(2, "tool", {"effect": {"stops": false}})]}}
	count(finding) == 1 with input as object.union(fetched(used), facts)
}

test_compared_checksum_is_fine if {
	compare := fixture.event("compare", {
		"id": 2,
		"source": fixture.image("${sha256sum tool}", {}),
		"destination": fixture.image("abc", {}),
	})
	count(finding) == 0 with input as object.union(fetched(object.union(used, {"guards": [2]})), {"events": {"compare": [compare]}})
}

test_check_before_the_download_is_none if {
	facts := fixture.facts({"download": [download(5, tool, "tool", used)], "verify": [verify(2, "tool", {})]})
	count(finding) == 1 with input as facts
}

test_list_from_elsewhere_is_a_check if {
	list := download(2, "https://other.example.org/SHA256SUMS", "SHA256SUMS", {"guards": [3]})
	checked := object.union(used, {"guards": [3]})
	facts := fixture.facts({"download": [download(1, tool, "tool", checked), list], "verify": [verify(3, "SHA256SUMS", {})]})
	count(finding) == 0 with input as facts
}

test_list_beside_is_another_rule if {
	list := download(2, "https://get.example.com/SHA256SUMS", "SHA256SUMS", {"guards": [3]})
	facts := fixture.facts({"download": [download(1, tool, "tool", used), list], "verify": [verify(3, "SHA256SUMS", {})]})
	count(finding) == 0 with input as facts
}

test_commit_in_the_address_is_fine if {
	url := "https://raw.githubusercontent.com/acme/x/0123456789abcdef0123456789abcdef01234567/i.sh"
	pinned := object.union(used, {"source": object.union(used.source, {"mutability": "digest"})})
	count(finding) == 0 with input as fixture.facts({"download": [download(1, url, "i.sh", pinned)]})
	count(finding) == 1 with input as fixture.facts({"download": [download(1, url, "i.sh", used)]})
}

test_lists_signatures_and_answers_are_fine if {
	count(finding) == 0 with input as fixture.facts({"download": [
		download(1, "https://get.example.com/tool.sha256", "tool.sha256", {}),
		download(2, "https://get.example.com/tool.asc", "tool.asc", {}),
		download(3, "https://api.example.com/releases", "releases.json", {}),
	]})
}

test_this_machine_and_the_own_store_are_fine if {
	local := {"source": {"is_local": true}, "reference": {"is_local": true, "is_used": true}}
	stored := fixture.event("download", {"source": fixture.reference("binaries", "stored")})
	every url in ["http://localhost/x", "http://127.0.1.1:8080/x", "http://172.17.0.1/x"] {
		count(finding) == 0 with input as fixture.facts({"download": [download(1, url, "x", local), stored]})
	}
}

test_files_that_are_verified_in_a_loop_are_fine if {
	files := download(1, "https://get.example.com/${file}", "${file}", used)
	facts := fixture.facts({"download": [files], "verify": [verify(2, "${other}", {"tool": "slsa-verifier"})]})
	count(finding) == 0 with input as facts
	count(finding) == 1 with input as fixture.facts({"download": [files]})
}

test_url_in_a_cluster_of_this_run_is_for_auditors if {
	manifest := fixture.url("https://x.example.com/a.yaml", {"is_local": true})
	deploy := fixture.event("deploy", {"tool": "kubectl", "reference": manifest})
	some found in finding with input as fixture.facts({"deploy": [deploy]})
	found.severity == "low"
	found.persona == "auditor"
}

statements := fixture.event("download", {
	"tool": "cosign",
	"verb": "download attestation",
	"options": {"attestation": ["true"]},
	"source": fixture.image("ghcr.io/acme/app:1", {"repository": "acme/app"}),
})

test_attestation_that_nobody_verifies_is_reported if {
	some found in finding with input as fixture.facts({"download": [statements]})
	found.persona == "pedantic"
}

test_attestation_that_is_verified_too_is_fine if {
	check := fixture.event("verify", {"id": 2, "reference": fixture.image("ghcr.io/acme/app:1", {"repository": "acme/app"})})
	count(finding) == 0 with input as fixture.facts({"download": [statements], "verify": [check]})
}

test_the_help_names_the_file if {
	some found in finding with input as fetched(used)
	contains(found.help, "write its digest")
	contains(found.help, "`echo \"<sha256>  tool\" | sha256sum -c -`")
}

test_the_help_names_the_file_where_it_lies if {
	places := {
		"/usr/local/bin/tool": "  /usr/local/bin/tool\"",
		"~/bin/tool": "  $HOME/bin/tool\"",
		"${HOME}/bin/tool": "  ${HOME}/bin/tool\"",
		"${inputs.dir}/tool": "  ${{ inputs.dir }}/tool\"",
		"${mktemp -d}/tool": "  tool\"",
		"a b/tool": "  tool\"",
		"$(pwd)/bin/tool": "  bin/tool\"",
	}
	every place, help in places {
		some found in finding with input as fixture.facts({"download": [download(1, tool, place, used)]})
		contains(found.help, help)
	}
}

test_a_release_is_named_already_and_lies_in_its_folder if {
	every pattern, help in {
		"tool.tgz": "write its digest in the pipeline and check it before the first use: `echo \"<sha256>  $D/tool.tgz\"",
		"*.tgz": "<sha256>  $D/<file>",
	} {
		source := object.union(fixture.reference(pattern, "url"), {"is_used": true})
		release := {"tool": "gh", "source": source, "options": {"folder": ["$D/"], "release-tag": ["v1"], "by-name": ["true"]}}
		some found in finding with input as fixture.facts({"download": [object.union(download(1, tool, "$D/", used), release)]})
		contains(found.help, help)
		not contains(found.help, "URL")
	}
}

test_what_is_not_kept_has_to_be_stored if {
	url := "https://get.example.com/releases/latest/tool.tgz"
	e := object.remove(object.union(download(1, url, "", used), {}), ["destination"])
	some found in finding with input as fixture.facts({"download": [e]})
	startswith(found.help, "take a URL that names a version, store it in a file, write")
	contains(found.help, "<sha256>  tool.tgz")
}

asks_for_a_version(url) if {
	some found in finding with input as fixture.facts({"download": [download(1, url, "tool", used)]})
	startswith(found.help, "take a URL that names a version")
}

test_a_date_or_a_build_number_is_a_version if {
	every path in [
		"minio.RELEASE.2025-01-20T14-49-07Z",
		"wix3141rtm/wix314-binaries.zip",
		"builds/11076708/tool.zip",
		"20250120/tool",
		"25-01/tool",
		"jdk-21.0.1/tool",
		"tool-windows-10.2.zip",
	] {
		not asks_for_a_version(sprintf("https://dl.example.com/%s", [path]))
	}
	every path in [
		"tool-linux-amd64",
		"tool-linux-x86_64.tgz",
		"tool_linux-386.tar.gz",
		"tool.i686.rpm",
		"tool-s390x",
		"tool.tgz.sha256.txt",
		"cuda-ubuntu2204.pin",
		"latest/tool-1.2.3",
		"fwlink/p/?LinkId=323507",
	] {
		asks_for_a_version(sprintf("https://dl.example.com/%s", [path]))
	}
}

test_the_help_speaks_the_shell_of_the_step if {
	every shell, check in {
		"powershell": `if ((Get-FileHash tool).Hash -ne "<sha256>") { throw "tool" }`,
		"cmd": `certutil -hashfile tool SHA256 | findstr /i "<sha256>" || exit /b 1`,
	} {
		some found in finding with input as fetched(object.union(used, {"shell": shell}))
		contains(found.help, check)
	}
}

checked_as(place, overrides) := check if {
	some found in finding with input as fixture.facts({"download": [download(1, tool, place, object.union(used, overrides))]})
	check := split(found.help, "`")[1]
}

test_what_the_runner_sets_is_a_variable_of_the_shell if {
	checked_as("${runner.temp}/tool", {}) == "echo \"<sha256>  ${RUNNER_TEMP}/tool\" | sha256sum -c -"
	checked_as("${github.workspace}/a/tool", {}) == "echo \"<sha256>  ${GITHUB_WORKSPACE}/a/tool\" | sha256sum -c -"
	contains(checked_as("${runner.temp}\\tool", {"shell": "powershell"}), `Get-FileHash $env:RUNNER_TEMP\tool)`)
	contains(checked_as("tool-${runner.os}-x.exe", {"shell": "powershell"}), `Get-FileHash tool-$env:RUNNER_OS-x.exe)`)
	contains(checked_as("${runner.temp}\\tool", {"shell": "cmd"}), `certutil -hashfile %RUNNER_TEMP%\tool SHA256`)
}

test_what_has_no_variable_is_an_expression if {
	contains(checked_as("${github.event.number}/tool", {}), "  ${{ github.event.number }}/tool\"")
	contains(checked_as("${matrix.os}/tool", {}), "  ${{ matrix.os }}/tool\"")
}

looped(text) := {"destination": {"text": text, "provenance": [{"span": 7, "what": "loops over this list"}]}}

test_one_of_several_files_is_named_as_it_is_written if {
	contains(checked_as("tool-linux", looped("tool-$OS")), "  tool-$OS\"")
	contains(checked_as("tool-linux", looped("tool-$1")), "  tool-linux\"")
}

test_a_name_that_cannot_be_typed_is_no_help if {
	some found in finding with input as fixture.facts({"download": [download(1, tool, "${x y}", used)]})
	contains(found.help, "store it in a file")
}

test_an_unknown_part_with_a_path_in_it_gives_no_name if {
	url := "https://get.example.com/v1.2.3/tool_${uname -m | sed 's/x86_64/amd64/'}.tar.gz"
	e := object.remove(download(1, url, "", used), ["destination"])
	some found in finding with input as fixture.facts({"download": [e]})
	contains(found.help, "<sha256>  file\"")
}

test_a_part_of_a_command_is_no_name if {
	every part in ["${$(uname -m) | sed -e s/a/b/}.tar.gz", "$(go list -m -f '{{.Version}}' k8s.io/apimachinery).tar.gz"] {
		e := object.remove(download(1, sprintf("https://get.example.com/v1.2.3/tool_%s", [part]), "", used), ["destination"])
		some found in finding with input as fixture.facts({"download": [e]})
		contains(found.help, "<sha256>  file\"")
	}
}

test_a_folder_is_checked_with_a_list if {
	bucket := "s3://acme/tools/"
	some here in finding with input as fixture.facts({"download": [download(1, bucket, ".", used)]})
	contains(here.help, "`sha256sum -c SHA256SUMS`")
	some there in finding with input as fixture.facts({"download": [download(1, bucket, "/opt/tools", used)]})
	contains(there.help, `(cd "/opt/tools" && sha256sum -c "$OLDPWD/SHA256SUMS")`)
	some synced in finding with input as fixture.facts({"download": [download(1, "s3://acme/tools", "/opt/tools", object.union(used, {"verb": "s3 sync"}))]})
	synced.help == there.help
}

test_the_same_file_is_told_once if {
	facts := fixture.facts({"download": [
		download(1, tool, "tool", used),
		download(2, tool, "tool", object.union(used, {"repeats": 1})),
		download(3, tool, "tool", object.union(used, {"repeats": 2})),
	]})
	count(finding) == 1 with input as facts
	some found in finding with input as facts
	count(found.related) == 2
}

test_the_same_file_is_told_again_where_worse_is_done_with_it if {
	unpacked := object.union(used, {"source": {"is_only_unpacked": true}})
	facts := fixture.facts({"download": [
		download(1, tool, "tool.tgz", unpacked),
		download(3, tool, "tool", object.union(used, {"repeats": 1})),
	]})
	{found.severity | some found in finding} == {"medium", "high"} with input as facts
	milder := fixture.facts({"download": [
		download(1, tool, "tool", used),
		download(3, tool, "tool.tgz", object.union(unpacked, {"repeats": 1})),
	]})
	{found.severity | some found in finding} == {"high"} with input as milder
}

test_it_is_told_where_the_first_one_is_checked if {
	facts := fixture.facts({
		"download": [download(1, tool, "tool", used), download(3, tool, "other", object.union(used, {"repeats": 1}))],
		"verify": [verify(2, "tool", {})],
	})
	count(finding) == 1 with input as facts
}
