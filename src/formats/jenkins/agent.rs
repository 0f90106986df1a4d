//! Where steps run: `agent {}`, pods and their containers.

use super::ast::{Id, Node};
use super::call::Args;
use super::loader::Loader;
use super::rope::Rope;
use super::steps::qualified;
use super::value::{CONTENT, Value, expression_of};
use crate::formats::yaml::{Kind, NodeRef, Yaml};
use crate::pipeline::{Expr, Text};
use crate::source::FileId;

impl<'t> Loader<'t> {
    /// `agent { docker 'x' }`, `agent { kubernetes { yaml '..' } }`
    pub(super) fn agent(&mut self, args: &Args) {
        // `agent none` gives stages nothing to share; every other agent is a machine for what stands below it.
        let named = args.positional.first().and_then(|id| self.tree.name(*id));
        self.machines += 1;
        self.flow.template.dockerfile = None;
        self.flow.template.machine = (named != Some("none")).then(|| format!("machine {}", self.machines));
        for (kind, args) in args.closures.iter().flat_map(|c| self.parts(*c)).collect::<Vec<_>>() {
            match kind {
                "docker" => self.docker_agent(&args),
                "dockerfile" => self.dockerfile_agent(&args),
                "kubernetes" => {
                    self.pod_template(&args);
                    for closure in &args.closures {
                        let mut inner = Args::default();
                        for (name, part) in self.parts(*closure) {
                            if let Some(value) = part.positional.first() {
                                inner.named.push((name.to_owned(), *value, *value));
                            }
                            if name == "containerTemplate" || name == "containerTemplates" {
                                self.containers_of(&part);
                            }
                        }
                        self.pod_template(&inner);
                    }
                }
                _ => {}
            }
        }
    }

    /// The calls in a closure, by name.
    fn parts(&self, closure: Id) -> Vec<(&'t str, Args)> {
        let Node::Closure { body, .. } = self.node(closure) else { return Vec::new() };
        let part = |id: &Id| match self.node(*id) {
            Node::Call { callee, args } => Some((self.tree.name(callee)?, self.args(args))),
            _ => None,
        };
        self.list(body).iter().filter_map(part).collect()
    }

    /// `dockerfile true`, `dockerfile { filename 'x'; dir 'y' }`: an image that is made of a file of the repository before the steps run.
    fn dockerfile_agent(&mut self, args: &Args) {
        let parts: Vec<_> = args.closures.iter().flat_map(|c| self.parts(*c)).collect();
        let mut given = |name: &str| {
            let part = parts.iter().find(|(part, _)| *part == name).and_then(|(_, part)| part.positional.first().copied());
            part.or_else(|| args.get(name)).map(|value| self.text(value))
        };
        let (folder, file) = (given("dir"), given("filename"));
        let place = args.closures.first().or(args.positional.first()).map(|id| self.tree.range(*id)).unwrap_or_default();
        let place = place.start..place.start;
        let mut path = Rope::new(self.file);
        if let Some(folder) = &folder {
            path.append(folder);
            path.push("/", place.clone());
        }
        match &file {
            Some(file) => path.append(file),
            None => path.push("Dockerfile", place),
        }
        self.flow.template.image = None;
        self.flow.template.services.clear();
        self.flow.template.dockerfile = Some(path.build());
    }

    fn docker_agent(&mut self, args: &Args) {
        let mut image = args.or_first("image").map(|i| self.text(i));
        let mut registry = args.get("registryUrl").map(|r| self.text(r));
        for (name, part) in args.closures.iter().flat_map(|c| self.parts(*c)).collect::<Vec<_>>() {
            let Some(value) = part.positional.first() else { continue };
            match name {
                "image" => image = Some(self.text(*value)),
                "registryUrl" => registry = Some(self.text(*value)),
                _ => {}
            }
        }
        if let Some(image) = image {
            self.flow.template.image = Some(qualified(&image, registry.as_ref()));
            self.flow.template.services.clear();
        }
    }

    /// The containers of a pod: by YAML, by templates.
    pub(super) fn pod_template(&mut self, args: &Args) {
        let before = self.pod.len();
        if let Some(parent) = args.get("inheritFrom").filter(|p| self.tree.constant(*p).is_none_or(|name| !name.is_empty())) {
            self.unfollowed(parent, "the pod has what a template has that is set up in Jenkins");
        }
        if let Some(file) = args.get("yaml").and_then(|yaml| self.file_of(yaml)) {
            self.flow.template.manifests.push(file);
        } else if let Some(yaml) = args.get("yaml") {
            let text = self.text(yaml);
            let containers = containers(&text);
            if containers.is_empty() && text.literal().is_none() {
                self.unfollowed(yaml, "the pod is put together at run time");
            }
            self.pod.extend(containers);
        }
        if let Some(file) = args.get("yamlFile") {
            let file = self.text(file);
            self.flow.template.manifests.push(file);
        }
        if let Some(list) = args.get("containers") {
            self.container_templates(list);
        }
        let default = args.get("defaultContainer").and_then(|d| self.tree.constant(d));
        self.place_pod(before, default.as_deref());
    }

    /// `readTrusted('x')`, `libraryResource('x')`: a file of the repository.
    fn file_of(&mut self, yaml: Id) -> Option<Text> {
        let Node::Call { callee, args } = self.node(yaml) else { return None };
        let args = self.args(args);
        self.repository_file(yaml, self.tree.name(callee)?, &args)
    }

    /// The path of the file that such a step reads, `id` being its call.
    pub(super) fn repository_file(&mut self, id: Id, step: &str, args: &Args) -> Option<Text> {
        let (folder, key) = match step {
            "readTrusted" => (String::new(), "path"),
            "readFile" => (String::new(), "file"),
            "libraryResource" => (format!("{}resources/", self.home), "resource"),
            _ => return None,
        };
        let file = self.text(args.or_first(key)?);
        let start = self.tree.range(id).start;
        let mut rope = Rope::new(self.file);
        rope.push(&folder, start..start + step.len());
        rope.append(&file);
        Some(rope.build())
    }

    /// The content of such a file.
    pub(super) fn repository_content(&mut self, id: Id, step: &str, args: &Args) -> Value {
        match self.repository_file(id, step, args).as_ref().and_then(expression_of) {
            Some(path) => Value::Expr(Expr::Call { function: CONTENT.to_owned(), args: vec![path] }),
            None => Value::Expr(self.opaque_of(id)),
        }
    }

    fn containers_of(&mut self, args: &Args) {
        let before = self.pod.len();
        for id in &args.positional {
            self.container_templates(*id);
        }
        self.container_template(args);
        self.place_pod(before, None);
    }

    fn container_templates(&mut self, list: Id) {
        let Node::Array(items) = self.node(list) else { return };
        for item in self.list(items) {
            if let Node::Call { args, .. } = self.node(*item) {
                let args = self.args(args);
                self.container_template(&args);
            }
        }
    }

    fn container_template(&mut self, args: &Args) {
        let mut image = args.get("image");
        let mut name = args.get("name");
        for (key, part) in args.closures.iter().flat_map(|c| self.parts(*c)).collect::<Vec<_>>() {
            match key {
                "image" => image = part.positional.first().copied(),
                "name" => name = part.positional.first().copied(),
                _ => {}
            }
        }
        if let Some(image) = image {
            let image = self.text(image);
            let name = name.and_then(|n| self.tree.constant(n)).unwrap_or_default();
            self.pod.push((name, image));
        }
    }

    /// Makes the new containers those of the executions that follow. Steps outside of `container {}` run in the default one.
    fn place_pod(&mut self, before: usize, default: Option<&str>) {
        let Some(new) = self.pod.get(before..).filter(|n| !n.is_empty()) else { return };
        let default = default.unwrap_or("jnlp");
        self.flow.template.image = new.iter().find(|(name, _)| name == default).map(|(_, image)| image.clone());
        self.flow.template.services = new.iter().filter(|(name, _)| name != default).map(|(_, image)| image.clone()).collect();
    }
}

/// The containers of a pod that is written in YAML inside of a string.
fn containers(text: &Text) -> Vec<(String, Text)> {
    let yaml = Yaml::parse(FileId::default(), text.raw());
    let Some(root) = yaml.first() else { return Vec::new() };
    let spec = root.get("spec").unwrap_or(root);
    let lists = ["containers", "initContainers"].into_iter().filter_map(|key| spec.get(key));
    let items = lists.filter(|l| l.kind() == Kind::List).flat_map(|l| l.items().collect::<Vec<_>>());
    items.filter_map(|item| container(text, item)).collect()
}

fn container(text: &Text, item: NodeRef<'_>) -> Option<(String, Text)> {
    let image = item.get("image").filter(|n| n.kind() == Kind::Scalar)?;
    let name = item.get("name").map_or("", NodeRef::text).to_owned();
    let offsets = image.offsets();
    let range = offsets.source(0..image.text().len());
    let verbatim = text.raw().get(range.clone()) == Some(image.text());
    let image = if verbatim { text.slice(range) } else { Text::plain(text.source.nested(image.text(), &offsets)) };
    Some((name, image))
}
