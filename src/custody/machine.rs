//! What lies on the machine of a job, and therefore is taken from no registry.

use super::guards;
use super::interpret::Walk;
use super::model::{RawEvent, RawOpaque};
use super::names::{Names, Reading};
use super::reference::{DEFAULT_REGISTRY, UNKNOWN};
use super::unread;
use crate::facts::{EventKind, Mutability, Reference};
use std::collections::HashSet;

/// Role of commands that leave images on the machine under names that they do not say: `docker load`, `docker compose build`.
const STORES_IMAGES: &str = "stores-images";

/// The machines of a pipeline's executions, and what its events do there.
pub(super) struct Machine<'a> {
    events: &'a [RawEvent],
    names: &'a Names,
    walk: &'a Walk<'a>,
    /// Events that leave images there without saying their names.
    storing: Vec<usize>,
    /// Commands that are not seen and may.
    makers: Vec<&'a RawOpaque>,
    /// Executions that made a cluster of their own (`kind create cluster`), by index.
    throwaway: HashSet<usize>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(events: &'a [RawEvent], names: &'a Names, walk: &'a Walk<'a>) -> Self {
        let having = |option: &'static str| events.iter().enumerate().filter(move |(_, e)| e.options.contains_key(option));
        Machine {
            events,
            names,
            walk,
            storing: having(STORES_IMAGES).map(|(at, _)| at).collect(),
            makers: walk.records.opaque.iter().filter(|o| makes_images(o, walk)).collect(),
            throwaway: having("throwaway")
                .filter(|(_, e)| e.kind == EventKind::Configure)
                .map(|(_, e)| e.place.execution)
                .collect(),
        }
    }

    /// Says of what an event is about whether it lies on this machine, or may.
    pub(super) fn locate(&self, named: &mut Reference, event: usize) {
        let raw = &self.events[event];
        if self.is_built_here(event) {
            named.mutability = Mutability::Local;
            named.is_local = true;
        } else if raw.kind == EventKind::Deploy && self.throwaway.contains(&raw.place.execution) {
            // What is deployed there reaches nobody.
            named.is_local = true;
        } else if matches!(named.mutability, Mutability::Tag | Mutability::Implicit)
            && may_be_own(named)
            && self.may_be_built_here(event)
        {
            named.mutability = Mutability::Unknown;
        }
    }

    /// Whether a use takes what was built in the same execution, from this machine and not from a registry.
    fn is_built_here(&self, event: usize) -> bool {
        let raw = &self.events[event];
        if !matches!(raw.kind, EventKind::Run | EventKind::Tag) {
            return false;
        }
        let Some((used, reading)) = guards::subject(raw).zip(self.names.subject(event)) else { return false };
        // A bare name (`app:test`) that this pipeline builds is nobody else's, on whatever machine it ended up.
        let mut built =
            used.value.all(|t| is_bare(&t.masked())) && self.handlers(reading, raw).any(|e| e.kind == EventKind::Build);
        for event in self.handlers(reading, raw).filter(|e| self.is_here(e.place.execution, raw)) {
            match event.kind {
                EventKind::Build | EventKind::Tag => built = true,
                EventKind::Pull => built = false,
                _ => {}
            }
        }
        built
    }

    /// Whether something that is not seen, or does not say it, may have built what a use takes, or loaded it from a file.
    fn may_be_built_here(&self, event: usize) -> bool {
        let raw = &self.events[event];
        let Some(reading) = self.names.subject(event).filter(|_| raw.kind == EventKind::Run) else { return false };
        if self.handlers(reading, raw).any(|e| e.kind == EventKind::Pull && self.is_here(e.place.execution, raw)) {
            return false;
        }
        let stores = |e: &RawEvent| e.node < raw.node && self.is_here(e.place.execution, raw);
        let makes = |o: &&RawOpaque| o.before <= raw.node && self.is_here(o.place.execution, raw);
        self.storing.iter().any(|at| stores(&self.events[*at])) || self.makers.iter().any(makes)
    }

    /// What builds, fetches or names a thing before an event.
    fn handlers(&self, thing: &Reading, before: &'a RawEvent) -> impl Iterator<Item = &'a RawEvent> {
        self.names.handlers(&thing.keys).map(|at| &self.events[at]).filter(|e| e.node < before.node)
    }

    /// Whether an execution runs on the machine of an event.
    fn is_here(&self, execution: usize, raw: &RawEvent) -> bool {
        let executions = &self.walk.records.executions;
        executions[execution].is_with(&executions[raw.place.execution])
    }
}

/// Whether a name has no registry and no folder: of what is not known nobody can say that.
fn is_bare(masked: &str) -> bool {
    let name = masked.split([':', '@']).next().unwrap_or(masked);
    !masked.contains('/') && !name.contains(UNKNOWN)
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
    if ![unread::NO_SCRIPT, unread::OTHER_SHELL, unread::NO_TARGET, unread::NO_MAKEFILE].contains(&opaque.why.as_str()) {
        return false;
    }
    let command = walk.world.sources.text(opaque.span).to_ascii_lowercase();
    ["image", "docker", "container"].iter().any(|word| command.contains(word))
}
