using System.Collections.Immutable;
using System.CommandLine;
using KvStore.Specs.Robustness.Availability;

namespace KvStore.Specs.CommandLine;

/// <summary><c>availability</c>: what clients notice when nodes die, are restarted or lose each other, beside the goals.</summary>
internal static class AvailabilityCommand
{
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often everything is done; each takes some minutes.", DefaultValueFactory = _ => 3 };
        var program = new Option<FileInfo>("--program") { Description = "A KvStore.Node.dll of another build, to compare with." }.AcceptExistingOnly();
        var settings = new Option<string[]>("--set")
        {
            Description = "A setting of every node, such as KvStore__Storage__LeaseTtl=00:00:05.",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command(
            "availability", "Five nodes on PostgreSQL under a steady load: how long clients wait when nodes die, are restarted or lose each other.")
        {
            rounds, program, settings,
        };
        settings.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=') < 1))
            {
                result.AddError($"--set: '{token.Value}' is not NAME=VALUE.");
            }
        });
        command.SetAction(async (arguments, cancel) =>
        {
            var given = (arguments.GetValue(settings) ?? []).Select(text => text.Split('=', 2))
                .Aggregate(ImmutableDictionary<string, string>.Empty, (before, pair) => before.SetItem(pair[0], pair[1]));
            await new AvailabilityRuns(arguments.GetValue(program)?.FullName, given, Console.Out).RunAsync(arguments.GetValue(rounds), cancel);
            return 0;
        });
        return command;
    }
}
