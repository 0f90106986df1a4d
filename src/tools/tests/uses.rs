//! Options, what commands print and write, images that are tools, actions.

use super::*;

/// `role=value` of a command, in order of roles.
fn options_of(line: &str) -> String {
    let words = words(line);
    let argv: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(found) = Toolbox::embedded().recognise(&argv) else { return "none".to_owned() };
    let option = |o: &OptionUse<'_>| match &o.value {
        OptionValue::Written(s) => format!("{}={}", o.role, s.text(&argv)),
        OptionValue::True => o.role.to_owned(),
        OptionValue::Fixed(t) => format!("{}='{t}'", o.role),
    };
    found.options(&argv).iter().map(option).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_that_are_not_known_are_no_goals_and_letters_have_their_values() {
    check(&[
        ("mvn -B test \u{FFFC}", "mvn :"),
        ("mvn -B \u{FFFC} verify", "mvn : build file"),
        ("mvn -B \u{FFFC} deploy", "mvn : build file; publish package"),
        ("gradle test \u{FFFC}", "gradle :"),
        ("gradle clean build :app:publish", "gradle : build file; publish package"),
        ("tar fxz x.tgz", "tar : install file x.tgz"),
        ("tar xzfC x.tgz /opt", "tar : install file x.tgz"),
        ("tar xzC /opt", "tar : install file stdin"),
        ("tar cfz x.tgz dist", "tar : build file x.tgz"),
        ("tar tf x.tgz", "tar :"),
    ]);
}

#[test]
fn options() {
    for (line, want) in [
        (
            "cosign verify --key k --certificate-identity-regexp=^a$ --insecure-ignore-tlog r",
            "identity-regexp=^a$ ignores-tlog key=k",
        ),
        ("cosign verify --insecure-ignore-tlog=false --check-claims=false r", "skips-claims"),
        (
            "skopeo copy --src-tls-verify=false --dest-tls-verify --remove-signatures --format=v2s2 a b",
            "changes-digest insecure-tls strips-signatures",
        ),
        ("curl -fsSLk u", "fails-on-http-error insecure-tls"),
        ("curl -sSLo k u", "output=k"),
        ("wget --no-check-certificate u", "insecure-tls"),
        ("git -c http.sslVerify=false clone u", "insecure-tls"),
        ("git config --global http.sslVerify false", "insecure-tls"),
        ("git config --global http.sslVerify true", ""),
        ("npm config set strict-ssl false", "insecure-tls"),
        ("npm config set strict-ssl=false", "insecure-tls"),
        ("ssh -o StrictHostKeyChecking=no h ls", "server=h insecure-tls"),
        ("pip install --trusted-host h x", "insecure-tls=h"),
        ("apt-get install -y --allow-unauthenticated x", "unauthenticated-packages"),
        ("md5sum -c s", "weak-checksum='md5'"),
        ("shasum -a 1 -c s", "algorithm=1 weak-checksum checksum-by-length='true'"),
        ("shasum -c s.sha1", "weak-checksum checksum-by-length='true'"),
        ("slsa-verifier verify-image r --source-uri u --source-tag v1", "source-tag=v1 source-uri=u"),
        ("gh attestation verify f --owner o --signer-workflow w", "owner=o signer-workflow=w"),
        ("docker pull --disable-content-trust a", "content-trust-disabled"),
        ("docker pull --disable-content-trust=false a", ""),
        ("aws --no-verify-ssl s3 cp a b", "insecure-tls"),
        ("aws s3 cp --no-such-flag a b", ""),
        ("nerdctl --insecure-registry push a", "insecure-tls"),
        ("regctl registry set --tls disabled h", "insecure-tls"),
        ("oras push --plain-http r f", "insecure-tls"),
        ("helm upgrade a b --insecure-skip-tls-verify", "insecure-tls"),
        ("kubectl --insecure-skip-tls-verify=true get pods", "insecure-tls"),
        ("buildah push --tls-verify=false a", "insecure-tls"),
        ("/kaniko/executor --skip-tls-verify -d a", "insecure-tls"),
    ] {
        assert_eq!(options_of(line), want, "{line}");
    }
}

#[test]
fn every_role_is_documented() {
    let page = include_str!("../../../docs/add-a-tool.md");
    let toolbox = Toolbox::embedded();
    let commands = toolbox.tools().flat_map(|t| &t.command).flat_map(|c| c.roles.keys().chain(c.options.keys()));
    let actions = toolbox.actions().flat_map(|a| a.roles.keys().chain(a.options.keys()));
    let missing: Vec<_> = toolbox
        .tools()
        .flat_map(|t| t.roles.keys())
        .chain(commands)
        .chain(actions)
        .filter(|role| !page.contains(&format!("`{role}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn outcome(line: &str) -> String {
    let words = words(line);
    let argv: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(found) = Toolbox::embedded().recognise(&argv) else { return "none".to_owned() };
    let yielded = |y: &Yield<'_>| {
        let of = y.of.iter().map(|s| show(s, &argv)).collect::<Vec<_>>().join(",");
        let how = if y.lookup { " lookup" } else { "" };
        format!("{:?}({of}){how}", y.content)
    };
    let mut all: Vec<String> = found.stdout(&argv).iter().map(yielded).collect();
    all.extend(found.writes(&argv).iter().map(|w| format!("{} < {}", show(&w.file, &argv), yielded(&w.content))));
    all.join("; ")
}

#[test]
fn what_comes_out() {
    for (line, want) in [
        ("crane digest a:1", "Digest(a:1) lookup"),
        ("crane digest --full-ref a:1", "Reference(a:1) lookup"),
        ("skopeo inspect --format '{{.Digest}}' docker://a:1", "Digest(a:1) lookup"),
        ("skopeo inspect --raw docker://a:1", "Manifest(a:1) lookup"),
        ("skopeo copy --digestfile d docker://a docker://b", "d < Digest(b)"),
        ("docker inspect --format='{{index .RepoDigests 0}}' a:1", "Reference(a:1)"),
        ("docker inspect -f '{{.Id}}' a:1", "ImageId(a:1)"),
        ("docker buildx imagetools inspect --format '{{.Manifest.Digest}}' a:1", "Digest(a:1) lookup"),
        ("docker buildx imagetools inspect --format '{{json .}}' a:1", "Json(a:1) lookup"),
        ("docker build --iidfile i -t a:1 .", "i < ImageId(a:1)"),
        ("docker buildx build --metadata-file m -t a:1 .", "m < Json(a:1)"),
        ("docker images --digests a", "Log(a)"),
        ("podman push --digestfile d a:1 b:1", "Log(b:1); d < Digest(b:1)"),
        ("/kaniko/executor --digest-file d -d a:1", "d < Digest(a:1)"),
        ("oras resolve a:1", "Digest(a:1) lookup"),
        ("regctl image digest a:1", "Digest(a:1) lookup"),
        ("ko build ./x", "Reference()"),
        ("sha256sum f", "Checksum(f)"),
        ("curl -o f https://x/y", "f < Artifact(https://x/y)"),
        ("curl -O https://x/y", "basename(y) < Artifact(https://x/y)"),
        ("curl https://x/y", "Artifact(https://x/y)"),
        ("wget -qO- https://x/y", "Artifact(https://x/y)"),
        ("cosign sign-blob --output-signature s f", "Signature(f); s < Signature(f)"),
    ] {
        assert_eq!(outcome(line), want, "{line}");
    }
}

#[test]
fn images_that_are_tools() {
    let toolbox = Toolbox::embedded();
    for (image, line, want) in [
        ("ghcr.io/sigstore/cosign/cosign:v2", "verify --key k r/x:1", "verify r/x:1"),
        ("gcr.io/projectsigstore/cosign@sha256:1", "cosign verify r/x:1", "verify r/x:1"),
        ("cosign", "/ko-app/cosign verify r/x:1", "verify r/x:1"),
        ("mirror.corp:5000/x/crane:1", "cp a b", "copy a -> b"),
        ("docker.io/bitnami/kubectl", "apply -f x.yaml", "deploy manifest(x.yaml)"),
        ("gcr.io/kaniko-project/executor:v1", "--destination=a:1 --no-push", "build a:1"),
        ("alpine/helm:3", "install app oci://r/c", "install package oci://r/c"),
        ("curlimages/curl", "-o f https://x/y", "download url https://x/y -> f"),
        ("quay.io/skopeo/stable", "copy docker://a docker://b", "copy a -> b"),
    ] {
        let words = words(line);
        let argv: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = toolbox.recognise_image(image, &argv);
        assert_eq!(found.map(|m| describe(&m, &argv)).as_deref(), Some(want), "{image} {line}");
    }
    assert!(toolbox.recognise_image("curlimages/curl", &["sh", "-c", "x"]).is_none());
    assert!(toolbox.recognise_image("alpine", &["echo", "x"]).is_none());
}

#[test]
fn what_a_container_is_given() {
    let argv = ["docker", "run", "--rm", "--entrypoint", "cosign", "img:1", "verify", "--key", "k", "r/x"];
    let launch = Toolbox::embedded().recognise(&argv).and_then(|m| m.launch(&argv));
    let Some(launch) = launch else { panic!("not a launch") };
    assert_eq!((launch.image.as_ref().map(|i| i.text(&argv)), launch.arguments), (Some("img:1"), 6));
    assert_eq!(launch.entrypoint.map(|e| e.text(&argv)), Some("cosign"));
}

#[test]
fn actions() {
    type Row<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, &'a str)], &'a str);
    let rows: &[Row<'_>] = &[
        ("docker/build-push-action", None, &[("tags", "a:1\nb:1"), ("push", "true")], "build a:1; build b:1; push a:1; push b:1"),
        ("docker/build-push-action", None, &[("tags", "{}"), ("push", "{}")], "build {}; push? {}"),
        ("docker/build-push-action", None, &[("tags", "a:1"), ("push", "false")], "build a:1"),
        (
            "docker/build-push-action",
            None,
            &[("outputs", "type=image,name=r/x,push-by-digest=true,push=true")],
            "build; push r/x",
        ),
        ("Docker/Setup-QEMU-Action", None, &[("image", "x:1")], "run x:1"),
        (
            "redhat-actions/push-to-registry",
            None,
            &[("image", "x"), ("tags", "1 2"), ("registry", "r")],
            "push [r/x:1]; push [r/x:2]",
        ),
        (
            "actions/attest-build-provenance",
            None,
            &[("subject-name", "r/x"), ("subject-digest", "{}"), ("push-to-registry", "true")],
            "attest [r/x@{}]",
        ),
        ("actions/attest-build-provenance", None, &[("subject-path", "a\nb")], "attest file a; attest file b"),
        ("actions/download-artifact", None, &[("name", "x"), ("run-id", "{}")], "download stored x"),
        ("actions/download-artifact", None, &[("name", "x")], "download stored x"),
        ("actions/upload-artifact", None, &[("name", "x"), ("path", "d")], "upload file d -> x"),
        ("dawidd6/action-download-artifact", None, &[("name", "x")], "download stored x"),
        ("azure/k8s-deploy", None, &[("images", "r/x:1"), ("manifests", "m.yml")], "deploy r/x:1"),
        ("azure/webapps-deploy", None, &[("images", "r/x:{}")], "deploy r/x:{}"),
        ("google-github-actions/deploy-cloudrun", None, &[("image", "r/x:1")], "deploy r/x:1"),
        ("aws-actions/amazon-ecs-deploy-task-definition", None, &[("task-definition", "t.json")], "deploy manifest(t.json)"),
        (
            "softprops/action-gh-release",
            None,
            &[("files", "a\nb"), ("tag_name", "v1")],
            "upload file a -> v1; upload file b -> v1",
        ),
        (
            "slsa-framework/slsa-github-generator",
            Some(".github/workflows/generator_container_slsa3.yml"),
            &[("image", "r/x"), ("digest", "{}")],
            "attest [r/x@{}]",
        ),
        ("pypa/gh-action-pypi-publish", None, &[], "publish file 'dist'"),
        ("aquasecurity/trivy-action", None, &[("image-ref", "x:1")], ""),
    ];
    for (source, path, inputs, want) in rows {
        let values: Vec<String> = inputs.iter().map(|(_, v)| v.replace("{}", "\u{FFFC}")).collect();
        let argv: Vec<&str> = values.iter().map(String::as_str).collect();
        let inputs: Vec<(&str, &str)> = inputs.iter().zip(&argv).map(|((n, _), v)| (*n, *v)).collect();
        let got = Toolbox::embedded().action(source, *path).map(|a| describe(&a.apply(&inputs), &argv));
        assert_eq!(got.as_deref(), Some(*want), "{source} {inputs:?}");
    }
    let slsa = Toolbox::embedded().action("slsa-framework/slsa-github-generator", Some(".github/workflows/builder_go_slsa3.yml"));
    assert!(slsa.is_some_and(|a| a.requires_semver));
    assert!(Toolbox::embedded().action("docker/build-push-action", Some("x")).is_none());
    assert!(Toolbox::embedded().action("nobody/nothing", None).is_none());
}

#[test]
fn variables() {
    let kinds = |name: &str, value: &str| {
        Toolbox::embedded().environment(name, value).filter_map(|e| e.weakness.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds("GIT_SSL_NO_VERIFY", "1"), "tls-verification-disabled");
    assert_eq!(kinds("GIT_SSL_NO_VERIFY", "0"), "");
    assert_eq!(kinds("NODE_TLS_REJECT_UNAUTHORIZED", "0"), "tls-verification-disabled");
    assert_eq!(kinds("DOCKER_CONTENT_TRUST", "0"), "content-trust-disabled");
    assert_eq!(kinds("COSIGN_EXPERIMENTAL", "1"), "cosign-experimental");
    assert_eq!(kinds("http_proxy", "x"), "");
}

#[test]
fn users_tools() {
    let text = r#"
        [[tool]]
        name = "acme-deploy"
        values = "--image|-i"
        command = [{ events = [{ kind = "deploy", reference = "--image" }] }]
    "#;
    let toolbox = Toolbox::with(&[text]).unwrap_or_default();
    let argv = ["./acme-deploy", "-i", "r/x:1"];
    let found = toolbox.recognise(&argv).map(|m| describe(&m, &argv));
    assert_eq!(found.as_deref(), Some("deploy r/x:1"));
    for (text, want) in [
        ("[[tool]]\nname = 'x'\nbinary = 'y'", "unknown field `binary`"),
        ("[[tool]]\nname = 'x'\ncommand = [{ events = [{ kind = 'run', reference = '@0 frob' }] }]", "`frob` in `@0 frob`"),
        ("[[tool]]\nname = 'x'\ncommand = [{ events = [{ kind = 'run', reference = '--y' }] }]", "flag `--y` is neither"),
        ("[[tool]]\nname = 'x'\ninherits = 'nothing'", "inherits `nothing`"),
    ] {
        let message = Toolbox::with(&[text]).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(message.starts_with("extra 1: ") && message.contains(want), "{message}");
    }
}

/// A value that is taken for an operand would be an image.
#[test]
fn engines_know_their_flags_with_values() {
    check(&[
        ("podman pull --platform linux/amd64 --policy newer --retry 3 a:1", "podman pull: pull a:1"),
        ("podman create --arch arm64 --replace --image-volume tmpfs a:1 x", "podman create: run a:1"),
        ("podman run --rmi --userns keep-id --secret s,type=env --pod p --tz UTC -v x:y a:1 x", "podman run: run a:1"),
        ("buildah pull --platform linux/amd64 a:1", "buildah pull: pull a:1"),
        ("buildah from --platform linux/amd64 --network host a:1", "buildah from: run a:1"),
        ("nerdctl pull --platform linux/amd64 --unpack false a:1", "nerdctl pull: pull a:1"),
    ]);
}
