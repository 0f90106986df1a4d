//! What each stage costs, over the project's own corpus repeated to a size like that of a large organisation's pipelines.
//!
//! `cargo bench --manifest-path benches/Cargo.toml`; one stage: the same with `-- custody` behind it.

#![allow(missing_docs, reason = "criterion's macros make a public function")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use swaplint::custody::{self, Files, Knowledge, World};
use swaplint::facts::Facts;
use swaplint::finding::Finding;
use swaplint::formats;
use swaplint::pipeline::{Action, Format, Pipeline};
use swaplint::policy::Policies;
use swaplint::handoffs::{Repository, Share};
use swaplint::report::{Form, HandoffCounts, Report, Reported, fingerprints};
use swaplint::shell;
use swaplint::source::{FileId, Sources};
use swaplint::tools::Toolbox;

/// Files of the generated corpus.
const SIZE: usize = 1_000;

/// A repository in which nothing is followed, so that a stage is measured by itself.
struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Option<(FileId, Arc<str>)> {
        None
    }

    fn pipeline(&self, _: &str) -> Option<Arc<Pipeline>> {
        None
    }

    fn named(&self, _: &str, _: &str, _: swaplint::source::FileId) -> Option<Arc<Pipeline>> {
        None
    }
}

/// Everything before a stage, made once.
struct Corpus {
    sources: Sources,
    files: Vec<(FileId, Format)>,
    pipelines: Vec<Pipeline>,
    facts: Vec<Facts>,
    findings: Vec<Finding>,
    policies: Policies,
    bytes: u64,
}

impl Corpus {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        let mut texts: Vec<(String, String)> = Vec::new();
        for path in ignore::WalkBuilder::new(&root).hidden(false).sort_by_file_path(Ord::cmp).build().flatten() {
            let shown = path.path().strip_prefix(&root).unwrap_or(path.path()).to_string_lossy().into_owned();
            if let Ok(text) = std::fs::read_to_string(path.path()) {
                texts.push((shown, text));
            }
        }
        texts.retain(|(path, text)| formats::recognise(path, Some(text)).is_some());
        let sources = Sources::new();
        let mut corpus = Corpus {
            files: Vec::new(),
            pipelines: Vec::new(),
            facts: Vec::new(),
            findings: Vec::new(),
            policies: Policies::builtin().expect("the built-in policies load"),
            bytes: 0,
            sources,
        };
        for (path, text) in texts.iter().cycle().take(SIZE) {
            let format = formats::recognise(path, Some(text)).expect("recognised before");
            corpus.bytes += text.len() as u64;
            corpus.files.push((corpus.sources.add(path.as_str(), text.as_str()), format));
        }
        corpus.pipelines = corpus.load();
        corpus.facts = corpus.analyse();
        let repository = Repository::of(corpus.facts.iter().map(Share::of).collect());
        corpus.facts.iter_mut().enumerate().for_each(|(index, facts)| repository.complete(facts, index));
        corpus.findings = corpus.judge();
        corpus
    }

    fn load(&self) -> Vec<Pipeline> {
        let load = |(file, format): &(FileId, Format)| {
            let source = self.sources.get(*file);
            formats::load(*format, *file, &source.path, &source.text).pipelines
        };
        self.files.iter().flat_map(load).collect()
    }

    fn scripts(&self) -> usize {
        let steps = self.pipelines.iter().flat_map(|p| &p.executions).flat_map(|e| &e.steps);
        let parse = |action: &Action| match action {
            Action::Script(script) => {
                let holes: Vec<_> = script.text.holes.iter().map(|h| h.range.clone()).collect();
                shell::parse(script.text.raw(), &holes, &script.dialect).body.len()
            }
            _ => 0,
        };
        steps.map(|step| parse(&step.action)).sum()
    }

    fn analyse(&self) -> Vec<Facts> {
        let world =
            World { sources: &self.sources, files: &Nothing, toolbox: Toolbox::embedded(), knowledge: &Knowledge::default() };
        self.pipelines.iter().map(|pipeline| custody::analyse(pipeline, &world)).collect()
    }

    fn judge(&self) -> Vec<Finding> {
        self.facts.iter().flat_map(|facts| self.policies.evaluate(facts, &self.sources)).collect()
    }

    fn report(&self, findings: Vec<Finding>) -> usize {
        let mut findings = findings;
        let fingerprints = fingerprints(&self.sources, &mut findings, &|path| path);
        let reported = findings.into_iter().zip(fingerprints).map(|(finding, fingerprint)| Reported { finding, fingerprint });
        let reported: Vec<_> = reported.collect();
        let report = Report {
            sources: &self.sources,
            findings: &reported,
            rules: &[],
            files: &[],
            pipelines: self.pipelines.len(),
            handoffs: &[],
            handoff_counts: HandoffCounts::default(),
            not_new: None,
            show_suppressed: false,
            color: false,
            width: None,
        };
        let mut out = Vec::new();
        report.write(Form::Json, &mut out).expect("memory can be written");
        out.len()
    }
}

fn stages(criterion: &mut Criterion) {
    let corpus = Corpus::new();
    let mut group = criterion.benchmark_group("stages");
    group.sample_size(20).throughput(Throughput::Bytes(corpus.bytes));
    group.bench_function("load", |b| b.iter(|| black_box(corpus.load().len())));
    group.bench_function("shell", |b| b.iter(|| black_box(corpus.scripts())));
    group.bench_function("custody", |b| b.iter(|| black_box(corpus.analyse().len())));
    group.bench_function("policy", |b| b.iter(|| black_box(corpus.judge().len())));
    group.bench_function("report", |b| {
        b.iter_batched(|| corpus.findings.clone(), |findings| black_box(corpus.report(findings)), BatchSize::LargeInput);
    });
    group.finish();
    let mut start = criterion.benchmark_group("start");
    start.bench_function("policies", |b| b.iter(|| black_box(Policies::builtin().is_ok())));
    start.bench_function("tools", |b| b.iter(|| black_box(Toolbox::with(&[]).is_ok())));
    start.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
