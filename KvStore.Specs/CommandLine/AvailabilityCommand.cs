using System.CommandLine;
using KvStore.Specs.Robustness.Availability;

namespace KvStore.Specs.CommandLine;

/// <summary><c>availability</c>: what clients notice when nodes die or are restarted, beside the goals.</summary>
internal static class AvailabilityCommand
{
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often everything is done; each takes some minutes.", DefaultValueFactory = _ => 3 };
        var command = new Command("availability", "Five nodes on PostgreSQL under a steady load: how long clients wait when nodes die or are restarted.") { rounds };
        command.SetAction(async (arguments, cancel) =>
        {
            await AvailabilityRuns.RunAsync(arguments.GetValue(rounds), Console.Out, cancel);
            return 0;
        });
        return command;
    }
}
