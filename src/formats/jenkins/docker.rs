//! `docker.image(..)`, `docker.build(..)` and what is done with them, as the commands that the plugin runs.
//!
//! Source: `Docker.groovy` of Jenkins' docker-workflow plugin: `push(tag)` is `docker tag` and `docker push`, `inside` is `docker run`
//! with the steps in it, and `withRegistry` puts the registry's host before the names.

use super::ast::Id;
use super::call::Args;
use super::loader::Loader;
use super::rope::{Rope, fixed, words};
use super::steps::qualified;
use super::value::Value;
use crate::pipeline::{Action, Step, Text};
use std::ops::Range;

impl Loader<'_> {
    /// A method of the global `docker`.
    pub(super) fn docker(&mut self, id: Id, method: &str, args: &Args) -> Value {
        match method {
            "image" => match args.positional.first() {
                Some(name) => Value::Image(self.text(*name)),
                None => Value::Unknown,
            },
            "build" => self.docker_build(id, args),
            "withRegistry" => {
                let url = args.or_first("url").map(|u| self.text(u)).filter(|t| !t.raw().is_empty());
                for more in args.positional.iter().skip(1) {
                    self.eval(*more);
                }
                let outer = std::mem::replace(&mut self.registry, url);
                let value = self.run_body(id, args);
                self.registry = outer;
                value
            }
            _ => self.wrapper(id, args),
        }
    }

    /// The bytes of the method's name in a call.
    fn method_place(&self, id: Id, method: &str) -> Range<usize> {
        let range = self.tree.range(id);
        let source = self.tree.source(id);
        // The callee ends with the method's name; arguments come behind it.
        let at = match self.node(id) {
            super::ast::Node::Call { callee, .. } => self.tree.range(callee).end.saturating_sub(method.len()),
            _ => range.start + source.find(method).unwrap_or(0),
        };
        at..at + method.len()
    }

    fn command(&mut self, id: Id, argv: Vec<Text>) {
        let step: Step = Step::new(self.span(id), Action::Command { argv });
        self.emit(step);
    }

    fn docker_build(&mut self, id: Id, args: &Args) -> Value {
        let Some(name) = args.positional.first() else { return Value::Unknown };
        let name = self.text(*name);
        let place = self.method_place(id, "build");
        let word = |w: &str| fixed(name.source.file, w, place.clone());
        let mut argv = vec![word("docker"), word("build"), word("-t"), name.clone()];
        match args.positional.get(1) {
            Some(more) => {
                let more = self.text(*more);
                argv.extend(words(&more));
            }
            None => argv.push(word(".")),
        }
        self.command(id, argv);
        Value::Image(name)
    }

    /// A method of an image.
    pub(super) fn image_method(&mut self, id: Id, name: &Text, method: &str, args: &Args) -> Value {
        let place = self.method_place(id, method);
        let file = self.file;
        let word = |w: &str| fixed(file, w, place.clone());
        let image = qualified(name, self.registry.as_ref());
        match method {
            "push" | "tag" => {
                let target = match args.positional.first() {
                    Some(tag) => {
                        let tag = self.text(*tag);
                        let target = retagged(&image, &tag);
                        self.command(id, vec![word("docker"), word("tag"), name.clone(), target.clone()]);
                        target
                    }
                    None => image,
                };
                if method == "push" {
                    self.command(id, vec![word("docker"), word("push"), target]);
                }
            }
            "pull" => self.command(id, vec![word("docker"), word("pull"), image]),
            "inside" => {
                self.evaluate(args);
                return self.with_image(Some(image), |l| l.run_body(id, args));
            }
            "run" | "withRun" => {
                let texts: Vec<Text> = args.positional.iter().map(|a| self.text(*a)).collect();
                let mut argv = vec![word("docker"), word("run"), word("-d")];
                argv.extend(texts.first().map(words).unwrap_or_default());
                argv.push(image);
                argv.extend(texts.get(1).map(words).unwrap_or_default());
                self.command(id, argv);
                return self.run_body(id, args);
            }
            "imageName" | "toString" => return Value::Text(image),
            _ => self.follow_arguments(id, args),
        }
        Value::Unknown
    }
}

/// The image's name with another tag. It may stand far from the tag, in another file even: the tag is what stands for the whole.
fn retagged(name: &Text, tag: &Text) -> Text {
    let raw = name.raw();
    let hidden = |at: usize| name.holes.iter().any(|h| h.range.contains(&at));
    let slash = raw.char_indices().rfind(|(at, c)| *c == '/' && !hidden(*at)).map_or(0, |(at, _)| at);
    let digest = raw.char_indices().find(|(at, c)| *at >= slash && *c == '@' && !hidden(*at)).map_or(raw.len(), |(at, _)| at);
    let colon = raw[..digest].char_indices().rfind(|(at, c)| *at >= slash && *c == ':' && !hidden(*at));
    let repository = name.slice(0..colon.map_or(digest, |(at, _)| at));
    let start = tag.span().range().start;
    let mut rope = Rope::new(tag.source.file);
    rope.append_at(&repository, start..start);
    rope.push(":", start..start);
    rope.append(tag);
    rope.build()
}
