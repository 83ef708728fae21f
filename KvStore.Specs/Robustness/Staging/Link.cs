namespace KvStore.Specs.Robustness.Staging;

/// <summary>One direction between two hosts of a stage's network.</summary>
/// <param name="From">A node's name, or <see cref="StageNetwork.Database"/>.</param>
/// <param name="To">Likewise.</param>
internal readonly record struct Link(string From, string To)
{
    /// <summary>Both directions between each of these and each of those.</summary>
    public static IEnumerable<Link> Between(IEnumerable<string> these, IEnumerable<string> those) =>
        from one in these from other in those where one != other from link in (Link[])[new(one, other), new(other, one)] select link;

    /// <summary>Only the direction from each of these to each of those.</summary>
    public static IEnumerable<Link> OneWay(IEnumerable<string> these, IEnumerable<string> those) =>
        from one in these from other in those where one != other select new Link(one, other);

    public override string ToString() => $"{From} > {To}";
}
