using System.CommandLine;
using KvStore.Specs.Robustness.Faults;
using KvStore.Specs.Robustness.Runs;
using KvStore.Specs.Support;

namespace KvStore.Specs.CommandLine;

/// <summary><c>robustness</c>: runs of many seeds, a line each and a table at the end.</summary>
internal static class RobustnessCommand
{
    public static Command Create()
    {
        var seed = new Option<int>("--seed") { Description = "Seed of the first run; the next ones count on.", DefaultValueFactory = _ => 1 };
        var runs = new Option<int?>("--runs") { Description = "How many runs (default: 1, or as many as --hours allows)." };
        var hours = new Option<double?>("--hours") { Description = "Begins no run after this time." };
        var seconds = new Option<int>("--seconds") { Description = "How long faults go on in each run.", DefaultValueFactory = _ => 60 };
        var parallel = new Option<int>("--parallel") { Description = "Runs at the same time; two load a machine of two cores well.", DefaultValueFactory = _ => 1 };
        var fault = new Option<string?>("--fault") { Description = "Only faults whose name contains this." };
        fault.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } part && !AllFaults.List.Any(each => Campaign.IsNamed(each, part)))
            {
                result.AddError($"--fault: the name of no fault contains '{part}'. There are:\n  {string.Join("\n  ", AllFaults.List)}");
            }
        });
        var keep = new Option<bool>("--keep") { Description = "Leaves history and logs also of runs that pass." };
        var summaryFile = new Option<FileInfo?>("--summary") { Description = "Writes the table to this file too, anew after each run." };
        var command = new Command("robustness", "Real nodes, real faults, a verdict on everything that the clients saw.")
        {
            seed, runs, hours, seconds, parallel, fault, keep, summaryFile,
        };
        command.SetAction(async (arguments, cancel) =>
        {
            var campaign = new Campaign(Console.Out, RepositoryRoot.File("TestResults/robustness"))
            {
                FirstSeed = arguments.GetValue(seed),
                MaxRuns = arguments.GetValue(runs) ?? (arguments.GetValue(hours) is null ? 1 : int.MaxValue),
                MaxTime = arguments.GetValue(hours) is { } most ? TimeSpan.FromHours(most) : TimeSpan.MaxValue,
                Duration = TimeSpan.FromSeconds(arguments.GetValue(seconds)),
                Parallel = arguments.GetValue(parallel),
                Fault = arguments.GetValue(fault),
                KeepsEvidence = arguments.GetValue(keep),
                AfterEach = soFar =>
                {
                    if (arguments.GetValue(summaryFile) is { } file)
                    {
                        File.WriteAllText(file.FullName, soFar.Text());
                    }
                },
            };
            var summary = await campaign.RunAsync(cancel);
            return summary.IsPass ? 0 : 1;
        });
        return command;
    }
}
