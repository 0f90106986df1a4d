//! Command lines and what they do: one row each.

mod uses;

use super::*;

/// `word 'quoted word' "other"`, with `{}` for an unknown part.
fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.replace("{}", "\u{FFFC}").chars() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => all.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    all.extend(word);
    all
}

fn show(subject: &Subject<'_>, argv: &[&str]) -> String {
    let text = |s: &Slice| s.text(argv).replace('\u{FFFC}', "{}");
    let name = match &subject.form {
        SubjectForm::Written(s) => text(s),
        SubjectForm::Guessed(s, _) => text(s),
        SubjectForm::Folder(s) => format!("folder({})", text(s)),
        SubjectForm::Basename(s) => format!("basename({})", text(s)),
        SubjectForm::Manifest(s) => format!("manifest({})", text(s)),
        SubjectForm::ManifestStdin => "manifest(-)".to_owned(),
        SubjectForm::Listed(s) => format!("listed({})", text(s)),
        SubjectForm::ListedStdin => "listed(-)".to_owned(),
        SubjectForm::Fixed(t) => format!("'{t}'"),
        SubjectForm::FixedManifest(t) => format!("manifest('{t}')"),
        SubjectForm::Stdin => "stdin".to_owned(),
        SubjectForm::Stdout => "stdout".to_owned(),
        SubjectForm::Assembled(a) => {
            let part = |sign: &str, s: &Option<Slice>| s.as_ref().map(|s| format!("{sign}{}", text(s))).unwrap_or_default();
            let registry = a.registry.as_ref().map(|s| format!("{}/", text(s))).unwrap_or_default();
            format!("[{}{}{}{}]", registry, part("", &a.repository), part(":", &a.tag), part("@", &a.digest))
        }
    };
    if subject.local { format!("local {name}") } else { name }
}

fn kebab<T: serde::Serialize>(value: T) -> String {
    serde_json::to_string(&value).unwrap_or_default().trim_matches('"').to_owned()
}

/// `tool verb: kind artifact reference source -> destination; ..`
fn describe(found: &Match<'_>, argv: &[&str]) -> String {
    let event = |e: &EventUse<'_>| {
        let mut text = kebab(e.kind);
        if e.artifact != crate::facts::Artifact::Image {
            text = format!("{text} {}", kebab(e.artifact));
        }
        if e.uncertain {
            text.push('?');
        }
        for subject in [&e.reference, &e.source].into_iter().flatten() {
            text = format!("{text} {}", show(subject, argv));
        }
        if let Some(to) = &e.destination {
            text = format!("{text} -> {}", show(to, argv));
        }
        text
    };
    found.events(argv).iter().map(event).collect::<Vec<_>>().join("; ")
}

fn events_of(line: &str) -> String {
    let words = words(line);
    let argv: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(found) = Toolbox::embedded().recognise(&argv) else { return "none".to_owned() };
    format!("{} {}: {}", found.tool, found.verb, describe(&found, &argv)).trim_end().to_owned()
}

fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(line, want)| {
            let got = events_of(line);
            (got != *want).then(|| format!("{line}\n    want {want}\n    got  {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn every_data_file_loads() {
    let toolbox = Toolbox::with(&[]);
    assert!(toolbox.is_ok(), "{}", toolbox.err().map(|e| e.to_string()).unwrap_or_default());
    assert_eq!(Toolbox::embedded().problems(), Vec::<String>::new());
}

#[test]
fn every_binary_belongs_to_one_tool() {
    let mut owners: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
    for tool in Toolbox::embedded().tools() {
        for name in tool.binaries.0.iter().chain(tool.prefixes.keys()) {
            owners.entry(name).or_default().push(&tool.name);
        }
    }
    owners.retain(|_, tools| tools.len() > 1);
    assert!(owners.is_empty(), "{owners:?}");
}

#[test]
fn signing_and_verifying() {
    check(&[
        ("cosign sign --yes --key k {}", "cosign sign: sign {}"),
        ("cosign sign -y a b", "cosign sign: sign a; sign b"),
        ("cosign sign --yes r/x@{}", "cosign sign: sign r/x@{}"),
        ("cosign sign --recursive --upload=false r/x:1", "cosign sign: sign r/x:1"),
        ("cosign -d sign -a commit=abc -a x=y r/x:1", "cosign sign: sign r/x:1"),
        ("cosign sign-blob --yes --bundle b.json f.tgz", "cosign sign-blob: sign file f.tgz"),
        ("./cosign-linux-amd64 verify --key=cosign.pub r/x:1", "cosign verify: verify r/x:1"),
        (
            "/usr/local/bin/cosign verify --certificate-identity i --certificate-oidc-issuer o r/x@sha256:ab",
            "cosign verify: verify r/x@sha256:ab",
        ),
        ("cosign-v2.2.0 verify --certificate-identity-regexp=.* r/x", "cosign verify: verify r/x"),
        ("cosign verify --local-image --key k ./dir", "cosign verify: verify file local ./dir"),
        ("cosign verify-attestation --type slsaprovenance --policy p.rego r/x:1", "cosign verify-attestation: verify r/x:1"),
        ("cosign verify-blob --signature s --certificate c f", "cosign verify-blob: verify file f"),
        ("cosign verify-blob-attestation --bundle b --type x f", "cosign verify-blob-attestation: verify file f"),
        ("cosign attest --predicate sbom.json --type spdxjson r/x:1", "cosign attest: attest r/x:1"),
        ("cosign attach sbom --sbom sbom.json r/x:1", "cosign attach sbom: attest r/x:1"),
        ("cosign download attestation r/x:1", "cosign download attestation: download r/x:1"),
        ("cosign tree r/x:1", "cosign tree:"),
        ("cosign triangulate r/x:1", "cosign triangulate:"),
        ("cosign copy a:1 b:1", "cosign copy: copy a:1 -> b:1"),
        ("cosign {} verify r/x:1", "cosign verify: verify r/x:1"),
        ("go run github.com/sigstore/cosign/v2/cmd/cosign@v2.2 sign --yes r/x", "cosign sign: sign r/x"),
        ("gh attestation verify oci://ghcr.io/a/b:1 --owner a", "gh attestation verify: verify ghcr.io/a/b:1"),
        ("gh attestation verify f.tgz -R a/b", "gh attestation verify: verify file f.tgz"),
        ("gh at verify {} --repo a/b", "gh attestation verify: verify file {}"),
        ("gh attestation download f.tgz -R a/b", "gh attestation download:"),
        (
            "slsa-verifier verify-artifact --provenance-path p --source-uri github.com/a/b f",
            "slsa-verifier verify-artifact: verify file f",
        ),
        ("slsa-verifier-linux-amd64 verify-image r/x@sha256:1 --source-uri u", "slsa-verifier verify-image: verify r/x@sha256:1"),
        ("slsa-verifier -artifact-path f -provenance p", "slsa-verifier : verify file f"),
        ("notation sign --key k r/x:1", "notation sign: sign r/x:1"),
        ("notation verify r/x@sha256:1 -d", "notation verify: verify r/x@sha256:1"),
        ("docker trust sign r/x:1", "docker trust sign: sign r/x:1"),
        ("docker trust inspect r/x:1", "docker trust inspect:"),
        (
            "python -m sigstore verify identity --cert-identity i --cert-oidc-issuer o f.whl",
            "sigstore verify identity: verify file f.whl",
        ),
        ("python3 -I -m sigstore sign f.whl", "sigstore sign: sign file f.whl"),
        ("gpg --verify f.tgz.asc f.tgz", "gpg : verify file f.tgz"),
        ("gpg --batch --verify f.tgz.asc", "gpg : verify file f.tgz"),
        ("gpg --import key.asc", "gpg : configure file key.asc"),
        ("gpg --batch --yes -u k --armor --detach-sign f", "gpg : sign file f"),
        ("gpgv --keyring k.gpg f.sig f", "gpgv : verify file f"),
        ("minisign -Vm f -P RWQ", "minisign : verify file f"),
        ("minisign -V -p k.pub -m f", "minisign : verify file f"),
        ("openssl dgst -sha256 -verify pub.pem -signature f.sig f", "openssl dgst: verify file f"),
        ("openssl dgst -sha256 -sign k.pem -out f.sig f", "openssl dgst: sign file f"),
        ("openssl dgst -sha256 f", "openssl dgst:"),
        ("rekor-cli verify --artifact f --signature s --public-key p", "rekor-cli verify: verify file f"),
        ("in-toto-verify --layout l.json --layout-keys a.pub b.pub", "in-toto-verify : verify file l.json"),
        ("in-toto-run -n build -m . -p out.tgz -k key -- make", "in-toto-run : attest file out.tgz"),
        ("npm audit signatures", "npm audit signatures: verify package"),
        ("rpm -K x.rpm", "rpm : verify file x.rpm"),
        ("helm verify chart.tgz --keyring k", "helm verify: verify file chart.tgz"),
        ("syft attest --key k -o json r/x:1", "syft attest: attest r/x:1"),
        ("trivy image --severity HIGH r/x:1", "trivy image:"),
        ("sha256sum -c sums.txt", "sha256sum : verify file listed(sums.txt)"),
        ("sha256sum --check --ignore-missing sums", "sha256sum : verify file listed(sums)"),
        ("sha256sum -c -", "sha256sum : verify file listed(-)"),
        ("sha256sum -c", "sha256sum : verify file listed(-)"),
        ("sha256sum f", "sha256sum :"),
        ("shasum -a 256 -c s", "shasum : verify file listed(s)"),
        ("shasum -a256 -c s", "shasum : verify file listed(s)"),
        ("md5sum -c s", "md5sum : verify file listed(s)"),
    ]);
}

#[test]
fn copying_and_resolving() {
    check(&[
        ("crane cp a:1 b:1", "crane copy: copy a:1 -> b:1"),
        ("crane copy -a a b", "crane copy: copy a -> b"),
        ("crane --platform linux/amd64 cp a:1 b:1", "crane copy: copy a:1 -> b:1"),
        ("crane --insecure digest a:1", "crane digest: resolve a:1"),
        ("crane digest --platform linux/amd64 a:1", "crane digest: resolve a:1"),
        ("crane tag r/x@sha256:1 prod", "crane tag: copy r/x@sha256:1 -> prod"),
        ("crane mutate -t b:2 --label k=v a:1", "crane mutate: copy a:1 -> b:2"),
        ("crane push i.tar r/x:1", "crane push: push r/x:1"),
        ("crane pull r/x:1 r/y:1 o.tar", "crane pull: pull r/x:1; pull r/y:1"),
        ("crane export r/x:1 - ", "crane export: pull r/x:1"),
        ("crane frob a", "crane :"),
        ("gcrane cp -r a b", "gcrane copy: copy a -> b"),
        ("gcrane digest a:1", "gcrane digest: resolve a:1"),
        ("skopeo copy docker://a:1 docker://b:1", "skopeo copy: copy a:1 -> b:1"),
        ("skopeo copy --all --src-tls-verify=false docker://{} docker://{}", "skopeo copy: copy {} -> {}"),
        ("skopeo copy {} {}", "skopeo copy: copy {} -> {}"),
        ("skopeo copy docker://a:1 oci:dir:1", "skopeo copy: pull a:1 -> local dir:1"),
        ("skopeo copy docker-daemon:a:1 docker://b:1", "skopeo copy: push b:1 local a:1"),
        ("skopeo copy -f v2s2 --digestfile d docker://a docker://b", "skopeo copy: copy a -> b"),
        ("skopeo --policy p.json copy docker://a:1 docker://b:1", "skopeo copy: copy a:1 -> b:1; verify a:1"),
        ("skopeo --insecure-policy copy docker://a:1 docker://b:1", "skopeo copy: copy a:1 -> b:1"),
        ("skopeo sync --src docker --dest docker a b", "skopeo sync: copy a -> b"),
        ("skopeo sync --src yaml --dest docker images.yml b", "skopeo sync:"),
        ("skopeo inspect docker://a:1", "skopeo inspect: resolve a:1"),
        ("skopeo inspect --format '{{.Digest}}' docker://a:1", "skopeo inspect: resolve a:1"),
        ("regctl image copy a:1 b:1", "regctl image copy: copy a:1 -> b:1"),
        ("regctl-linux-amd64 image cp --digest-tags a:1 b:1", "regctl image copy: copy a:1 -> b:1"),
        ("regctl image digest a:1", "regctl image digest: resolve a:1"),
        ("regctl manifest head a:1", "regctl manifest head: resolve a:1"),
        ("regctl image mod a:1 --create b --label x=y", "regctl image mod: copy a:1 -> b"),
        ("oras cp -r a:1 b:1", "oras copy: copy a:1 -> b:1"),
        ("oras cp --to-oci-layout a:1 dir:1", "oras copy: pull a:1 -> local dir:1"),
        ("oras resolve a:1", "oras resolve: resolve a:1"),
        ("oras tag a:1 x y", "oras tag: copy a:1 -> x; copy a:1 -> y"),
        ("oras push r/x:1 f.txt:text/plain", "oras push: push r/x:1"),
        ("oras attach --artifact-type sbom r/x:1 s.json", "oras attach: attest r/x:1"),
        ("oras pull r/x:1 -o dir", "oras pull: pull r/x:1 -> dir"),
        ("docker buildx imagetools create -t a:2 a:1", "docker buildx imagetools create: copy a:1 -> a:2"),
        (
            "docker buildx imagetools create --tag a:2 --tag b:2 a@sha256:1",
            "docker buildx imagetools create: copy a@sha256:1 -> a:2; copy a@sha256:1 -> b:2",
        ),
        ("docker buildx imagetools inspect --raw a:1", "docker buildx imagetools inspect: resolve a:1"),
        ("docker manifest inspect -v a:1", "docker manifest inspect: resolve a:1"),
        ("oc image mirror a:1 b:1", "oc image mirror: copy a:1 -> b:1"),
        ("oc image mirror a:1=b:1 c:1=d:1 --insecure", "oc image mirror: copy a:1 -> b:1; copy c:1 -> d:1"),
        ("oc tag -n x app:dev app:prod", "oc tag: copy app:dev -> app:prod"),
        ("oc import-image app --from=r/x:1 --confirm", "oc import-image: copy r/x:1 -> app"),
        ("gcloud container images add-tag a:1 a:2 --quiet", "gcloud container images add-tag: copy a:1 -> a:2"),
        ("gcloud artifacts docker tags add a:1 a:2", "gcloud artifacts docker tags add: copy a:1 -> a:2"),
        ("aws ecr put-image --repository-name r --image-tag prod --image-manifest {}", "aws ecr put-image: copy -> [r:prod]"),
        ("az acr import -n reg --source a:1 --image b:1", "az acr import: copy a:1 -> [reg/b:1]"),
        ("flux tag artifact oci://r/x:1 --tag prod", "flux tag artifact: copy r/x:1 -> prod"),
    ]);
}

#[test]
fn building_pushing_running() {
    check(&[
        ("docker build -t a:1 -t b:1 --push .", "docker build: build a:1; build b:1; push a:1; push b:1"),
        ("docker build .", "docker build: build"),
        ("docker buildx build --platform linux/amd64 -ta:1 --output type=registry .", "docker buildx build: build a:1; push a:1"),
        (
            "docker buildx build -t a:1 --output type=image,name=b:1,push={} .",
            "docker buildx build: build a:1; build b:1; push? a:1; push? b:1",
        ),
        ("docker buildx build --load -t a:1 .", "docker buildx build: build a:1"),
        ("docker buildx bake -f x.hcl --push app", "docker buildx bake: build; push"),
        ("docker push a:1", "docker push: push a:1"),
        ("docker image push -q a:1", "docker image push: push a:1"),
        ("docker --config d push a:1", "docker push: push a:1"),
        ("docker tag a:1 b:1", "docker tag: tag a:1 -> b:1"),
        ("docker pull --platform linux/arm64 a:1", "docker pull: pull a:1"),
        ("docker run --rm -v {}:/w -w /w -e X=1 a:1 sh -c x", "docker run: run a:1"),
        ("docker run -d -p 80:80 --name x a@sha256:1", "docker run: run a@sha256:1"),
        ("sudo -E docker run -it a:1", "docker run: run a:1"),
        ("docker create --name c a:1", "docker create: run a:1"),
        ("docker service update --image a:1 svc", "docker service update: deploy a:1"),
        ("docker service create --name s -p 80:80 a:1", "docker service create: deploy a:1"),
        ("docker stack deploy -c s.yml --with-registry-auth app", "docker stack deploy: deploy manifest(s.yml)"),
        ("docker compose -f c.yml up -d", "docker compose up: deploy manifest(c.yml)"),
        ("docker-compose up -d", "docker compose up: deploy manifest('docker-compose.yml')"),
        ("docker-compose -f a.yml -f b.yml pull", "docker compose pull: pull manifest(a.yml); pull manifest(b.yml)"),
        ("docker manifest create m:1 a:1 b:1", "docker manifest create: copy a:1 -> m:1; copy b:1 -> m:1"),
        ("docker manifest push m:1", "docker manifest push: push m:1"),
        ("docker load -i x.tar", "docker load: install file x.tar; configure"),
        ("docker rm -f x", "docker rm:"),
        ("podman push --tls-verify=false a:1 docker://b:1", "podman push: push b:1 local a:1"),
        ("podman push a:1", "podman push: push a:1"),
        ("podman build -t a:1 .", "podman build: build a:1"),
        ("podman play kube p.yaml", "podman play kube: deploy manifest(p.yaml)"),
        ("buildah bud -f Dockerfile -t a:1 .", "buildah bud: build a:1"),
        ("buildah push --digestfile d a:1 docker://b:1", "buildah push: push b:1 local a:1"),
        ("nerdctl pull --verify=cosign a:1", "nerdctl pull: pull a:1; verify a:1"),
        ("/kaniko/executor --context . --destination a:1 -d b:1", "kaniko : build a:1; build b:1; push a:1; push b:1"),
        ("/kaniko/executor --no-push -d a:1", "kaniko : build a:1"),
        ("ko build --bare ./cmd/x", "ko build: build package ./cmd/x; push package ./cmd/x"),
        ("env A=1 B=2 timeout 5m docker push a:1", "docker push: push a:1"),
        ("xargs -n1 docker push a", "docker push: push a"),
        ("retry 3 docker push a:1", "docker push: push a:1"),
        ("goreleaser release --clean", "goreleaser release: build file; publish file; push"),
        ("goreleaser release --snapshot", "goreleaser release: build file"),
    ]);
}

#[test]
fn deploying() {
    check(&[
        ("kubectl -n x set image deploy/x a=img:1 b=img:2", "kubectl set image: deploy img:1; deploy img:2"),
        ("kubectl set image deployment/x *={} --record", "kubectl set image: deploy {}"),
        ("kubectl {} set image deploy/x a=img:1", "kubectl set image: deploy img:1"),
        (
            "kubectl --context=c apply -f k8s/x.yaml -f y.yaml",
            "kubectl apply: deploy manifest(k8s/x.yaml); deploy manifest(y.yaml)",
        ),
        ("kubectl apply -f -", "kubectl apply: deploy manifest(-)"),
        ("kubectl apply -f https://x/y.yaml", "kubectl apply: deploy url https://x/y.yaml"),
        ("kubectl apply -k overlays/prod", "kubectl apply: deploy manifest(overlays/prod)"),
        ("kubectl apply --dry-run=client -f x", "kubectl apply:"),
        ("kubectl apply --cascade -f x", "kubectl apply: deploy manifest(x)"),
        ("kubectl run p --image=img:1 --rm -it -- sh", "kubectl run: deploy img:1"),
        ("kubectl create deployment x --image img:1", "kubectl create deployment: deploy img:1"),
        ("kubectl create namespace x", "kubectl create namespace:"),
        (
            "kubectl patch deploy x -p '{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"r/x:1\"}]}}'",
            "kubectl patch: deploy r/x:1",
        ),
        ("kubectl rollout status deploy/x", "kubectl rollout:"),
        ("oc set image dc/x a=img:1", "oc set image: deploy img:1"),
        ("oc new-app --docker-image=r/x:1 --name x", "oc new-app: deploy r/x:1"),
        ("helm upgrade --install app ./chart --set image.repository=r/x --set image.tag=1", "helm upgrade: deploy [r/x:1]"),
        (
            "helm upgrade -i app r/chart --set image.repository=r/x,image.tag=1,image.digest=sha256:2",
            "helm upgrade: deploy [r/x:1@sha256:2]; install package r/chart",
        ),
        ("helm upgrade app ./c --set-string web.image.tag={} --wait --timeout 5m", "helm upgrade: deploy [:{}]"),
        ("helm install app ./c --set a.image=r/x:1", "helm install: deploy r/x:1"),
        ("helm install app oci://r/c --verify", "helm install: install package oci://r/c; verify package oci://r/c"),
        ("helm push c.tgz oci://r", "helm push: publish package c.tgz -> oci://r"),
        ("helm package --sign --key k c", "helm package: build file c; sign file c"),
        ("helm template x ./c", "helm template:"),
        (
            "kustomize edit set image x=r/x:1 y=r/y@sha256:1 r/z:1",
            "kustomize edit set image: deploy r/x:1; deploy r/y@sha256:1; deploy r/z:1",
        ),
        ("argocd app set x --kustomize-image a=r/x:1", "argocd app set: deploy r/x:1"),
        ("argocd app set x -p image.tag=1", "argocd app set: deploy [:1]"),
        ("argocd app sync x", "argocd app sync: deploy"),
        (
            "aws --region x lambda update-function-code --function-name f --image-uri r/x:1",
            "aws lambda update-function-code: deploy r/x:1",
        ),
        (
            "aws ecs register-task-definition --family f --container-definitions '[{\"name\":\"a\",\"image\": \"r/x:1\"}]'",
            "aws ecs register-task-definition: deploy r/x:1",
        ),
        (
            "aws ecs register-task-definition --cli-input-json file://t.json",
            "aws ecs register-task-definition: deploy manifest(t.json)",
        ),
        (
            "aws ecr put-image-tag-mutability --repository-name r --image-tag-mutability MUTABLE",
            "aws ecr put-image-tag-mutability: configure r",
        ),
        ("gcloud run deploy svc --image r/x:1 --region e --quiet", "gcloud run deploy: deploy r/x:1"),
        ("gcloud beta run deploy svc --image=r/x:1", "gcloud beta run deploy: deploy r/x:1"),
        ("gcloud builds submit --tag r/x:1 .", "gcloud builds submit: build r/x:1; push r/x:1"),
        ("az containerapp update -n a -g b --image r/x:1", "az containerapp update: deploy r/x:1"),
        ("az webapp config container set -n a --docker-custom-image-name r/x:1", "az webapp config container set: deploy r/x:1"),
    ]);
}

#[test]
fn files_and_packages() {
    check(&[
        ("curl -fsSLko f https://x/y", "curl : download url https://x/y -> f"),
        ("curl -fsSLO https://x/y.tgz?z=1", "curl : download url https://x/y.tgz?z=1 -> basename(y.tgz)"),
        ("curl -sSLo f --retry 3 -H a:b https://x/y", "curl : download url https://x/y -> f"),
        ("curl -L https://x/y", "curl : download url https://x/y"),
        ("curl -o/dev/null -w %{http_code} https://x/y", "curl :"),
        ("curl -X POST -d @f https://x/y", "curl :"),
        ("curl -T f https://x/y", "curl : upload file f -> https://x/y"),
        (
            "curl -O https://x/a -O https://x/b",
            "curl : download url https://x/a -> basename(a); download url https://x/b -> basename(b)",
        ),
        ("curl -o a https://x/a -o b https://x/b", "curl : download url https://x/a -> a; download url https://x/b -> b"),
        ("curl --output=f --url https://x/y", "curl : download url https://x/y -> f"),
        ("npm i -g https://x/y.tgz", "npm install: install url https://x/y.tgz"),
        ("wget -q https://x/y.tgz", "wget : download url https://x/y.tgz -> basename(y.tgz)"),
        ("wget -qO- https://x/y", "wget : download url https://x/y"),
        ("wget -nv -O f https://x/y", "wget : download url https://x/y -> f"),
        ("gh release download v1 -p *.tgz -R a/b -D d", "gh release download: download url *.tgz -> d"),
        ("gh release upload v1 a.tgz b.tgz#x --clobber", "gh release upload: upload file a.tgz -> v1; upload file b.tgz -> v1"),
        ("gh run download 12 -n art", "gh run download: download stored art"),
        ("aws s3 cp s3://b/k f", "aws s3 cp: download url s3://b/k -> f"),
        ("aws s3 cp f s3://b/k --acl private", "aws s3 cp: upload file f -> s3://b/k"),
        ("aws s3 sync --delete s3://b/k s3://c/k", "aws s3 sync: copy url s3://b/k -> s3://c/k"),
        ("gsutil -m cp gs://b/k .", "gsutil cp: download url gs://b/k -> ."),
        ("npm publish --access public", "npm publish: publish package"),
        ("npm install -g x@1.2", "npm install: install package x@1.2"),
        ("npm ci", "npm ci:"),
        ("npx -y x@1 run", "npx : install package x@1"),
        ("pnpm add -D x", "pnpm add: install package x"),
        ("yarn global add x", "yarn global add: install package x"),
        ("pip install -r r.txt --require-hashes x==1", "pip install: install package x==1; install package r.txt"),
        ("pip3 install ./x.whl", "pip install: install file ./x.whl"),
        ("python3 -m pip install --upgrade pip", "pip install: install package pip"),
        ("uv pip install x", "uv pip install: install package x"),
        ("python3 -m twine upload dist/*", "twine upload: publish file dist/*"),
        ("twine upload -r testpypi a.whl", "twine upload: publish file a.whl"),
        ("cargo publish", "cargo publish: publish package"),
        ("cargo install --locked x", "cargo install: install package x"),
        ("go install github.com/a/b/cmd/c@latest", "go install: install package github.com/a/b/cmd/c@latest"),
        ("mvn -B -DskipTests deploy", "mvn : build file; publish package"),
        ("apt-get install -y curl ./x.deb", "apt-get install: install package curl; install file ./x.deb"),
        ("dpkg -i x.deb", "dpkg : install file x.deb"),
        ("rpm -ivh x.rpm", "rpm : install file x.rpm"),
        ("tar -xzf x.tgz -C d", "tar : install file x.tgz"),
        ("tar xzf x.tgz", "tar : install file x.tgz"),
        ("tar -xz -C d", "tar : install file stdin"),
        ("unzip -q x.zip", "unzip : install file x.zip"),
        ("chmod +x ./x", "chmod : run file ./x"),
        ("install -m 0755 x /usr/local/bin/x", "install : install file x"),
        ("frobnicate x", "none"),
        ("{} x", "none"),
        ("{}/crane digest a:1", "crane digest: resolve a:1"),
    ]);
}

#[test]
fn builders_and_hosts() {
    check(&[
        ("python -m build --sdist", "build : build file"),
        ("nix build .#app --print-build-logs", "nix build: build file"),
        ("cmake --build out --parallel 4", "cmake : build file"),
        ("cmake -S . -B out", "cmake :"),
        ("buildctl build --output type=image,name=r/x:1,push=true", "buildctl build: build r/x:1; push r/x:1"),
        ("pack build r/x:1 --builder b/c:2 --publish", "pack build: build r/x:1; run b/c:2; push r/x:1"),
        ("apko publish apko.yaml r/x:1", "apko publish: build r/x:1; push r/x:1"),
        ("tkn bundle push r/x:1 -f task.yaml", "tkn bundle push: push r/x:1"),
        ("opm index add --bundles r/b:1 --tag r/i:1", "opm index add: build r/i:1; pull r/b:1"),
        ("operator-sdk run bundle r/b:1", "operator-sdk run bundle: deploy r/b:1"),
        ("./preflight check container r/x:1 --platform amd64", "preflight check container: pull r/x:1; scan r/x:1"),
        ("bom generate --image r/x:1 -o x.spdx", "bom generate: pull r/x:1"),
        ("timoni mod push . oci://r/m --version 1 --sign cosign", "timoni mod push: push [r/m:1]; sign [r/m:1]"),
        ("kwctl verify -k key.pub registry://r/p:1", "kwctl verify: verify r/p:1"),
        ("ctr -n k8s.io images pull r/x:1", "ctr images pull: pull r/x:1"),
        ("skaffold deploy --images app=r/x:1", "skaffold deploy: deploy r/x:1"),
        ("rclone copy f remote:b", "rclone copy: upload file f -> remote:b"),
        ("azcopy copy https://x/y y", "azcopy copy: download url https://x/y -> y"),
        ("s3cmd get s3://b/f f", "s3cmd get: download url s3://b/f -> f"),
        ("hub release create -a f v1", "hub release create: upload file f -> v1"),
        ("ghr -u me v1 dist", "ghr : upload file dist -> v1"),
        ("cf push app --docker-image r/x:1", "cf push: deploy r/x:1"),
        ("pulumi up --yes", "pulumi up: deploy"),
        ("kubectl apply -k https://x/y?ref=1", "kubectl apply: deploy url https://x/y?ref=1"),
    ]);
}
