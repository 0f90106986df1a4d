//! Commands that run in a container of this machine: `docker run image sh -c ".."`, `docker exec name cmd`.

use super::command::Call;
use super::env::{Env, Folder, Variable};
use super::expand::Field;
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::scope::Scope;
use super::text::Text;
use crate::pipeline;
use std::collections::BTreeMap;
use std::rc::Rc;

impl Walk<'_> {
    /// The images that a manifest of the repository names.
    pub(super) fn images_of_manifest(&mut self, path: &pipeline::Text, scope: &Scope) {
        let path = self.text(path, scope);
        for path in path.alternatives().to_vec() {
            let Some((file, text)) = path.known().and_then(|p| self.world.files.read(p)) else { continue };
            for range in super::manifest::images(&text) {
                let image = crate::source::Embedded::verbatim(file, &text[range.clone()], range.start);
                self.image("service", &pipeline::Text::plain(image), scope);
            }
        }
    }

    /// The images on which a Dockerfile of the repository builds.
    pub(super) fn images_of_dockerfile(&mut self, path: &pipeline::Text, scope: &Scope) {
        let path = self.text(path, scope);
        for path in path.alternatives().to_vec() {
            if let Some(path) = path.known() {
                self.bases_in(path.trim_start_matches("./"));
            }
        }
    }

    /// Runs the command inside of the container; `None` if there is none that can be read. Its exit status is the
    /// container's; variables are those that a flag gives it.
    pub(super) fn in_container(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let words: Vec<String> =
            call.fields[skip..].iter().map(|f| f.value.single().map_or_else(unknown, Text::masked)).collect();
        let argv: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = self.world.toolbox.recognise(&argv)?;
        let launch = found.launch(&argv)?;
        let entrypoint = launch.entrypoint.as_ref().map(|e| Field { ..call.fields[skip + e.arg].clone() });
        let given = call.fields.get(skip + launch.arguments..).unwrap_or_default();
        let fields: Vec<Field> = entrypoint.into_iter().chain(given.iter().cloned()).collect();
        let name = fields.first()?.value.known().map(|n| n.rsplit('/').next().unwrap_or(n).to_owned())?;
        let is_shell = matches!(name.as_str(), "sh" | "bash" | "ash" | "dash" | "zsh");
        // What a tool's own image is given is applied where the image is known.
        if !is_shell && launch.image.is_some() {
            return None;
        }
        let mut variables = BTreeMap::new();
        for flag in found.flags.iter().filter(|f| f.is("--env")) {
            let Some(value) = flag.value.as_ref() else { continue };
            let text = call.fields[skip + value.arg].value.map(|t| t.slice_masked(value.range.start..usize::MAX));
            let masked = text.alternatives().first().map(Text::masked).unwrap_or_default();
            match masked.split_once('=') {
                Some((name, _)) => {
                    let start = name.len() + 1;
                    variables.insert(Rc::from(name), Variable::Scalar(text.map(|t| t.slice_masked(start..usize::MAX))));
                }
                None => {
                    variables.extend(env.variables.get(masked.as_str()).map(|v| (Rc::from(masked.as_str()), v.clone())));
                }
            }
        }
        let mut inner = env.clone();
        inner.variables = variables.into();
        inner.functions.clear();
        inner.folder = Folder::default();
        let started = self.program(call, skip, entry, env, ctx);
        let at = started.ok?;
        let inside = Call { fields, at: call.at, span: call.span, environment: Vec::new() };
        let out = self.call(&inside, 0, at, &mut inner, ctx);
        env.files = inner.files;
        env.stdout = inner.stdout;
        Some(Out { ok: out.ok, fail: self.meet(&[started.fail, out.fail]), quiet: self.meet(&[started.quiet, out.quiet]) })
    }
}

fn unknown() -> String {
    "\u{FFFC}".to_owned()
}
