using System.Reflection;
using System.Text.RegularExpressions;
using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.OwnershipModel;

/// <summary>The model of the ownership protocol, as far as seconds go; <see cref="OwnershipModelRuns.Large"/> is what takes longer.</summary>
public sealed partial class OwnershipModelSpecs(ITestOutputHelper output)
{
    /// <summary>No search of these specs needs more; one that does has lost its bounds.</summary>
    private const int MostStates = 2_500_000;

    public static TheoryData<string> Configurations => Names(OwnershipModelRuns.Small);

    public static TheoryData<string> DroppedRules => Names(RuleDropped.Alone.Concat(RuleDropped.Together).Select(dropped => dropped.Configuration));

    public static TheoryData<string> UnnoticedRules => Names(RuleDropped.Unnoticed.Select(dropped => dropped.Configuration));

    [Theory]
    [MemberData(nameof(Configurations))]
    public void With_all_rules_no_interleaving_shows_anything_wrong(string name)
    {
        var result = Search(OwnershipModelRuns.Small.Single(configuration => configuration.Name == name));

        Assert.Equal((Violations.None, true), (result.Found, result.IsExhausted));
    }

    [Theory]
    [MemberData(nameof(DroppedRules))]
    public void Without_a_rule_there_is_a_counter_example(string name)
    {
        var dropped = RuleDropped.Alone.Concat(RuleDropped.Together).Single(dropped => dropped.Configuration.Name == name);

        Assert.Equal(dropped.Expected, Search(dropped.Configuration).Found);
    }

    [Theory]
    [MemberData(nameof(UnnoticedRules))]
    public void Without_a_rule_that_stands_behind_another_nothing_wrong_is_shown(string name)
    {
        var result = Search(RuleDropped.Unnoticed.Single(dropped => dropped.Configuration.Name == name).Configuration);

        Assert.Equal((Violations.None, true), (result.Found, result.IsExhausted));
    }

    [Fact]
    public void Each_rule_is_dropped_once() =>
        Assert.Equal(
            Enum.GetValues<Rule>(),
            Enum.GetValues<Rule>().Where(rule => RuleDropped.Alone.Concat(RuleDropped.Unnoticed)
                .Count(dropped => dropped.Configuration.Rules == RuleSet.All.Without(rule)) == 1));

    [Fact]
    public void The_fields_of_a_state_do_not_touch_each_other()
    {
        AssertApart(typeof(NodeState));
        AssertApart(typeof(SharedState));
    }

    /// <summary>The search takes states for one that differ by the nodes' names; so nothing may depend on the names.</summary>
    [Fact]
    public void Both_nodes_follow_the_same_protocol()
    {
        var configuration = OwnershipModelRuns.Large.Single(configuration => configuration.Name == "everything but statements");
        var protocol = new Protocol(configuration);
        var random = new Random(1);
        for (var walk = 0; walk < 200; walk++)
        {
            var state = Protocol.Start;
            for (var step = 0; step < 60; step++)
            {
                var next = Successors(protocol, state);
                Assert.Equal(Canonical(next), Canonical(Successors(protocol, state.Mirrored())));
                state = next[random.Next(next.Count)];
            }
        }
    }

    [Fact]
    public void The_specs_that_hold_the_code_to_the_rules_exist()
    {
        var rules = File.ReadAllText(RepositoryRoot.File("KvStore.Specs/OwnershipModel/Rules.cs"));
        var named = SpecName().Matches(rules);

        Assert.True(named.Count > 20);
        Assert.All(named, name => Assert.Contains(
            Assembly.GetExecutingAssembly().GetTypes(),
            type => type.Name == name.Groups["type"].Value && type.GetMethod(name.Groups["spec"].Value) is not null));
    }

    private SearchResult Search(ModelConfiguration configuration)
    {
        var result = new ModelSearch(configuration).Run(MostStates);
        output.WriteLine(result.ToString());
        foreach (var line in result.Trace)
        {
            output.WriteLine(line);
        }

        return result;
    }

    private static TheoryData<string> Names(IEnumerable<ModelConfiguration> configurations) =>
        [.. configurations.Select(configuration => configuration.Name)];

    private static List<ModelState> Successors(Protocol protocol, in ModelState state)
    {
        var steps = new Steps(describes: false);
        protocol.Next(state, steps);
        var states = new List<ModelState>();
        foreach (var step in steps.All)
        {
            states.Add(step.Next);
        }

        return states;
    }

    private static HashSet<ModelState> Canonical(IEnumerable<ModelState> states) => [.. states.Select(state => state.Canonical())];

    private static void AssertApart(Type type)
    {
        var fields = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).ToList();
        Assert.NotEmpty(fields);
        foreach (var field in fields)
        {
            var state = Activator.CreateInstance(type)!;
            var most = field.PropertyType == typeof(bool) ? true
                : field.PropertyType.IsEnum ? Enum.GetValues(field.PropertyType).Cast<object>().Max()!
                : (object)1;
            field.SetValue(state, most);
            Assert.Equal(most, field.GetValue(state));
            Assert.All(fields.Where(other => other != field), other =>
                Assert.Equal(Activator.CreateInstance(other.PropertyType), other.GetValue(state)));
        }
    }

    [GeneratedRegex(@"<c>(?<type>\w+)\.(?<spec>[A-Z]\w*_\w+)</c>")]
    private static partial Regex SpecName();
}
