using System.CommandLine;
using KvStore.Specs.CommandLine;

namespace KvStore.Specs;

/// <summary>
/// What takes too long for <c>dotnet test</c>: <c>dotnet run --project KvStore.Specs -- --help</c>. The specs themselves are
/// not started from here.
/// </summary>
internal static class Program
{
    public static Task<int> Main(string[] args) =>
        new RootCommand("Long runs of KvStore's specs: robustness under faults, seeded bugs, availability, the ownership model.")
        {
            RobustnessCommand.Create(),
            SeededBugsCommand.Create(),
            AvailabilityCommand.Create(),
            ModelCommand.Create(),
            JudgeCommand.Create(),
        }.Parse(args).InvokeAsync();
}
