using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Numerics;
using KvStore.Bench.Goals;
using KvStore.Bench.Peers;
using KvStore.Bench.Runs;
using KvStore.Bench.Scenarios;

namespace KvStore.Bench.CommandLine;

/// <summary>The options of <c>compare</c>.</summary>
internal sealed class CompareOptions
{
    private readonly Option<string[]> _scenarios = Names(
        "--scenario", "Which scenarios, by name; see 'list'. Default: all.", AllScenarios.List.Select(scenario => scenario.Name));

    private readonly Option<string[]> _peers = Names(
        "--peer", "Which peers, by name; see 'list'. Default: those of each scenario.", PeerKinds.All.Select(peer => peer.Token()));

    private readonly Option<int?> _pairs = Number("--pairs", "Rounds (default 5); in each everybody has a turn.", 1, 1_000);
    private readonly Option<double?> _seconds = Number("--seconds", "Length of a turn (default 5).", 1d, 3_600);
    private readonly Option<double?> _warmUp = Number(
        "--warm-up",
        $"Seconds of a turn before the first round (default 5); turns until a peer gets no faster, at most {WarmUp.MostTurns}.", 1d, 3_600);

    private readonly Option<int?> _connections = Number("--connections", "Of the load, over all nodes (default 64).", 1, 10_000);
    private readonly Option<string> _program = Build("--program", "A KvStore.Node.dll, or its directory. Default: the one built with this.");
    private readonly Option<string> _against = Build("--against", "Another one, to compare it with, A B A B.");
    private readonly Option<string[]> _set = Settings("--set", "Setting of every KvStore node, such as KvStore__Limits__MaxLiveKeys=1000.");
    private readonly Option<string[]> _setAgainst = Settings("--set-against", "More settings of the nodes of --against; alone it compares settings of one build.");
    private readonly Option<string> _output = new("--out") { Description = "Directory for JSON, table and plots.", DefaultValueFactory = _ => Path.Combine("TestResults", "bench") };
    private readonly Option<bool> _goals = new("--goals") { Description = "Runs what the goals need, and says which are reached." };
    private readonly Option<bool> _smoke = new("--smoke") { Description = "Tiny sizes and one short round: shows that it works, and nothing else." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_scenarios, _peers, _pairs, _seconds, _warmUp, _connections, _program, _against, _set, _setAgainst, _output, _goals, _smoke])
        {
            command.Options.Add(option);
        }
    }

    public ImmutableArray<Scenario> ScenariosOf(ParseResult arguments)
    {
        IEnumerable<Scenario> all = arguments.GetValue(_goals) ? AllGoals.Scenarios : AllScenarios.List;
        return arguments.GetValue(_scenarios) is { Length: > 0 } names ? [.. all.Where(scenario => names.Contains(scenario.Name))] : [.. all];
    }

    public string OutputOf(ParseResult arguments) => arguments.GetValue(_output)!;

    public BenchOptions Read(ParseResult arguments)
    {
        var isSmoke = arguments.GetValue(_smoke);
        var program = arguments.GetValue(_program) ?? NodeBuild.OwnProgram;
        var against = arguments.GetValue(_against);
        var (set, setAgainst) = (Pairs(arguments.GetValue(_set)), Pairs(arguments.GetValue(_setAgainst)));
        var isAgainst = against is not null || !setAgainst.IsEmpty;
        return new BenchOptions
        {
            Pairs = isSmoke ? 1 : arguments.GetValue(_pairs) ?? 5,
            Duration = TimeSpan.FromSeconds(arguments.GetValue(_seconds) ?? (isSmoke ? 1 : 5)),
            WarmUp = TimeSpan.FromSeconds(arguments.GetValue(_warmUp) ?? (isSmoke ? 0 : 5)),
            Connections = arguments.GetValue(_connections) ?? 64,
            IsSmoke = isSmoke,
            JudgesGoals = arguments.GetValue(_goals),
            Peers = [.. (arguments.GetValue(_peers) ?? []).Select(name => Enum.Parse<PeerKind>(name, ignoreCase: true)).Distinct()],
            Program = new NodeBuild(isAgainst ? "program" : "", program, set),
            Against = isAgainst ? new NodeBuild("against", against ?? program, set.SetItems(setAgainst)) : null,
        };
    }

    private static Option<string[]> Names(string name, string description, IEnumerable<string> known)
    {
        var option = new Option<string[]>(name) { Description = description, AllowMultipleArgumentsPerToken = true, HelpName = "NAME" };
        option.Validators.Add(result =>
        {
            foreach (var unknown in result.Tokens.Select(token => token.Value).Except(known))
            {
                result.AddError($"{name}: there is no '{unknown}', but {string.Join(", ", known)}.");
            }
        });
        return option;
    }

    private static Option<T?> Number<T>(string name, string description, T least, T most)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
                {
                    return number;
                }

                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: must be a number from {least} to {most}."));
                return null;
            },
        };

    private static Option<string> Build(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "PATH",
        CustomParser = result =>
        {
            var program = NodeBuild.ProgramAt(result.Tokens[0].Value);
            if (!File.Exists(program))
            {
                result.AddError($"{name}: there is no '{program}'.");
            }

            return program;
        },
    };

    private static Option<string[]> Settings(string name, string description)
    {
        var option = new Option<string[]>(name) { Description = description, AllowMultipleArgumentsPerToken = true, HelpName = "NAME=VALUE" };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"{name}: '{token.Value}' is not NAME=VALUE.");
            }
        });
        return option;
    }

    private static ImmutableDictionary<string, string> Pairs(string[]? given) => (given ?? []).Select(text => text.Split('=', 2))
        .Aggregate(ImmutableDictionary<string, string>.Empty, (before, pair) => before.SetItem(pair[0], pair[1]));
}
