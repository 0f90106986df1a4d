//! What lies on the machine of a job, and therefore is taken from no registry.

use super::guards;
use super::interpret::Walk;
use super::model::{RawEvent, RawExecution, RawOpaque, Subject};
use super::refer;
use super::reference::{DEFAULT_REGISTRY, UNKNOWN};
use super::unread;
use crate::facts::{EventKind, Mutability, Reference};

/// Role of commands that leave images on the machine under names that they do not say: `docker load`, `docker compose build`.
const STORES_IMAGES: &str = "stores-images";

/// Says of what an event is about whether it lies on this machine, or may.
pub(super) fn locate(named: &mut Reference, raw: &RawEvent, events: &[RawEvent], walk: &Walk) {
    let executions = &walk.records.executions;
    if is_built_here(raw, events, executions) {
        named.mutability = Mutability::Local;
        named.is_local = true;
    } else if raw.kind == EventKind::Deploy && has_throwaway_cluster(raw, events) {
        named.is_local = true;
    } else if matches!(named.mutability, Mutability::Tag | Mutability::Implicit)
        && may_be_own(named)
        && may_be_built_here(raw, events, walk)
    {
        named.mutability = Mutability::Unknown;
    }
}

/// Whether the execution made a cluster of its own before (`kind create cluster`): what is deployed there reaches nobody.
fn has_throwaway_cluster(raw: &RawEvent, events: &[RawEvent]) -> bool {
    events.iter().any(|e| {
        e.kind == EventKind::Configure && e.options.contains_key("throwaway") && e.place.execution == raw.place.execution
    })
}

/// Whether a use takes what was built in the same execution, from this machine and not from a registry.
fn is_built_here(raw: &RawEvent, events: &[RawEvent], executions: &[RawExecution]) -> bool {
    if !matches!(raw.kind, EventKind::Run | EventKind::Tag) {
        return false;
    }
    let Some(used) = guards::subject(raw) else { return false };
    let is_used = |s: &Subject| keys(s) == keys(used);
    // A bare name (`app:test`) that this pipeline builds is nobody else's, on whatever machine it ended up.
    let bare = |s: &Subject| s.value.all(|t| is_bare(&t.masked()));
    let mut built = bare(used)
        && events.iter().any(|e| e.kind == EventKind::Build && e.node < raw.node && guards::subject(e).is_some_and(is_used));
    for event in before(raw, events, executions) {
        match event.kind {
            EventKind::Build if guards::subject(event).is_some_and(is_used) => built = true,
            EventKind::Tag if event.destination.as_ref().is_some_and(is_used) => built = true,
            EventKind::Pull if guards::subject(event).is_some_and(is_used) => built = false,
            _ => {}
        }
    }
    built
}

/// Whether a name has no registry and no folder: of what is not known nobody can say that.
fn is_bare(masked: &str) -> bool {
    let name = masked.split([':', '@']).next().unwrap_or(masked);
    !masked.contains('/') && !name.contains(UNKNOWN)
}

/// Whether something that is not seen, or does not say it, may have built what a use takes, or loaded it from a file.
fn may_be_built_here(raw: &RawEvent, events: &[RawEvent], walk: &Walk) -> bool {
    let Some(used) = guards::subject(raw).filter(|_| raw.kind == EventKind::Run) else { return false };
    let executions = &walk.records.executions;
    let pulled = |e: &&RawEvent| e.kind == EventKind::Pull && guards::subject(e).is_some_and(|s| keys(s) == keys(used));
    if before(raw, events, executions).any(|e| pulled(&e)) {
        return false;
    }
    let here = |o: &&RawOpaque| o.before <= raw.node && executions[o.place.execution].is_with(&executions[raw.place.execution]);
    before(raw, events, executions).any(|e| e.options.contains_key(STORES_IMAGES))
        || walk.records.opaque.iter().filter(here).any(|o| makes_images(o, walk))
}

/// Not Docker's own images, and nobody's whose registry is named, unless this repository pushes them.
fn may_be_own(image: &Reference) -> bool {
    let official =
        image.repository.as_ref().and_then(|name| name.strip_prefix("library/")).is_some_and(|n| OFFICIAL.contains(&n));
    image.pushed_here || image.registry.as_deref() == Some(DEFAULT_REGISTRY) && !official
}

/// The official images of Docker Hub that pipelines run most: <https://github.com/docker-library/official-images/tree/master/library>
const OFFICIAL: &[&str] = &[
    "almalinux",
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "bash",
    "busybox",
    "cassandra",
    "centos",
    "consul",
    "debian",
    "docker",
    "eclipse-temurin",
    "elasticsearch",
    "fedora",
    "gcc",
    "golang",
    "gradle",
    "haproxy",
    "hello-world",
    "httpd",
    "influxdb",
    "mariadb",
    "maven",
    "memcached",
    "mongo",
    "mysql",
    "neo4j",
    "nginx",
    "node",
    "openjdk",
    "perl",
    "php",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "registry",
    "rockylinux",
    "ruby",
    "rust",
    "solr",
    "sonarqube",
    "swift",
    "tomcat",
    "traefik",
    "ubuntu",
    "vault",
    "zookeeper",
];

/// By its words a script or target that is not there makes images: `make image`, `./build-container.sh`.
fn makes_images(opaque: &RawOpaque, walk: &Walk) -> bool {
    if ![unread::NO_SCRIPT, unread::NO_TARGET, unread::NO_MAKEFILE].contains(&opaque.why.as_str()) {
        return false;
    }
    let command = walk.world.sources.text(opaque.span).to_ascii_lowercase();
    ["image", "docker", "container"].iter().any(|word| command.contains(word))
}

fn before<'e>(raw: &'e RawEvent, events: &'e [RawEvent], executions: &'e [RawExecution]) -> impl Iterator<Item = &'e RawEvent> {
    let here = |e: &&RawEvent| executions[e.place.execution].is_with(&executions[raw.place.execution]);
    events.iter().filter(|e| e.node < raw.node).filter(here)
}

fn keys(subject: &Subject) -> Vec<String> {
    subject.value.alternatives().iter().map(|t| refer::key(t, true)).collect()
}
