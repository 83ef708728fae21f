using KvStore.Specs.Robustness.Faults;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Runs;

public sealed class FaultDeckSpecs
{
    private static readonly IFault[] Faults = [.. Enumerable.Range(0, 7).Select(number => new Named($"fault {number}"))];

    [Fact]
    public void Each_is_dealt_once_before_any_is_dealt_again()
    {
        var deck = new FaultDeck([.. Faults], seed: 3);
        for (var round = 0; round < 4; round++)
        {
            var dealt = Deal(deck, Faults.Length);
            Assert.Equal(Faults.Select(fault => fault.Name), dealt.Order(StringComparer.Ordinal));
        }

        Assert.All(Faults, fault => Assert.Equal(4, deck.Dealt[fault.Name]));
    }

    [Fact]
    public void The_seed_decides_the_order()
    {
        Assert.Equal(Deal(new FaultDeck([.. Faults], seed: 3), 20), Deal(new FaultDeck([.. Faults], seed: 3), 20));
        Assert.NotEqual(Deal(new FaultDeck([.. Faults], seed: 3), 20), Deal(new FaultDeck([.. Faults], seed: 4), 20));
    }

    [Fact]
    public void What_is_under_way_is_not_dealt_until_it_is_over()
    {
        var deck = new FaultDeck([.. Faults], seed: 3);
        var lasting = deck.Deal();
        Assert.DoesNotContain(lasting.Name, Deal(deck, 30));
        deck.PutBack(lasting);
        Assert.Contains(lasting.Name, Deal(deck, Faults.Length * 2));
    }

    [Fact]
    public void With_all_of_them_under_way_one_is_dealt_all_the_same()
    {
        var deck = new FaultDeck([Faults[0]], seed: 3);
        Assert.Same(Faults[0], deck.Deal());
        Assert.Same(Faults[0], deck.Deal());
    }

    [Fact]
    public void An_empty_deck_is_refused() => Assert.Throws<ArgumentException>(() => new FaultDeck([], seed: 3));

    private static List<string> Deal(FaultDeck deck, int count)
    {
        var dealt = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var fault = deck.Deal();
            deck.PutBack(fault);
            dealt.Add(fault.Name);
        }

        return dealt;
    }

    private sealed class Named(string name) : IFault
    {
        public string Name => name;

        public bool CanHappenOn(Stage stage) => true;

        public Task HappenAsync(Stage stage, RunHistory history, Random random, TimeSpan lasting, CancellationToken cancel) => Task.CompletedTask;
    }
}
