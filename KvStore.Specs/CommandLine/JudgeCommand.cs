using System.CommandLine;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Model;
using KvStore.Specs.Robustness.Verdict;

namespace KvStore.Specs.CommandLine;

/// <summary><c>judge</c>: the verdict on a history that a run has left.</summary>
internal static class JudgeCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("history") { Description = "A history.jsonl as runs leave it." }.AcceptExistingOnly();
        var steps = new Option<int>("--steps") { Description = "Of the search for each key, at most.", DefaultValueFactory = _ => KeyJudge.DefaultMaxSteps };
        var command = new Command("judge", "Judges the history of a run once more, but for who held which shard.") { file, steps };
        command.SetAction((arguments, _) =>
        {
            var history = HistoryFile.Load(arguments.GetRequiredValue(file).FullName);
            string[] nodes = [.. history.Operations.Select(operation => operation.Asked).Distinct()];
            var verdict = RunVerdict.Judge(history, nodes, maxSteps: arguments.GetValue(steps));
            Console.WriteLine(verdict);
            return Task.FromResult(verdict.Result == RunResult.Pass ? 0 : 1);
        });
        return command;
    }
}
