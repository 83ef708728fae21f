using System.Text;
using Akka.Actor;
using CsCheck;
using KvStore.Messages.Routing;

namespace KvStore.Specs.Messages;

public sealed class EntityIdsSpecs
{
    private const int LongestId = 44;

    [Theory]
    [InlineData("a")]
    [InlineData("user-17")]
    [InlineData("v1.2_b-C")]
    [InlineData("..............a", false)]
    [InlineData("12345678901234567890123456789012345678901234")]
    [InlineData("123456789012345678901234567890123456789012345", false)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData(".a", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("$a", false)]
    [InlineData("\u00E9", false)]
    public void A_short_plain_key_is_its_own_entity_id_and_no_other_is(string key, bool plain = true)
    {
        Assert.Equal(plain, EntityIds.Of(key) == key);
        Assert.Equal(plain ? key.Length : LongestId, EntityIds.Of(key).Length);
    }

    [Fact]
    public void An_entity_id_of_any_text_is_short_and_needs_no_escape() => Gen.OneOf(KeyGen.Text, Gen.String).Sample(text =>
    {
        var id = EntityIds.Of(text);
        Assert.InRange(id.Length, 1, LongestId);
        Assert.True(id is not ("." or ".."));
        Assert.Equal(id, Uri.EscapeDataString(id));
        Assert.True(ActorPath.IsValidPathElement(id), id);
    }, iter: 20_000);

    [Fact]
    public void Text_with_half_of_a_surrogate_pair_has_an_entity_id_too() => Assert.Equal(LongestId, EntityIds.Of("a\uD800").Length);

    [Fact]
    public void No_two_of_100000_random_keys_share_an_entity_id()
    {
        var random = new Random(20_260_801);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (keys.Count < 100_000)
        {
            keys.Add(RandomKeys.Next(random).Text);
        }

        Assert.Equal(keys.Count, keys.Select(EntityIds.Of).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_key_that_looks_like_a_hashed_id_does_not_collide_with_it()
    {
        var hashed = EntityIds.Of("a/b");
        Assert.NotEqual(hashed, EntityIds.Of(hashed));
    }

    [Fact]
    public async Task An_actor_system_accepts_every_entity_id_as_a_name()
    {
        using var system = ActorSystem.Create("names", "akka { stdout-loglevel = OFF, loglevel = OFF }");
        var random = new Random(7);
        var parent = system.ActorOf(Props.Create(() => new Parent()), "parent");
        string[] keys =
        [
            ".", "..", "a b", "$a", "%2F", "3Enh2biv)i", .. Enumerable.Range(0, 1_000).Select(_ => RandomKeys.Next(random).Text),
        ];

        foreach (var id in keys.Select(EntityIds.Of).Distinct())
        {
            // As the shard does it: the id, escaped, is the child's name.
            var child = await parent.Ask<IActorRef>(Uri.EscapeDataString(id), TimeSpan.FromSeconds(10));
            Assert.Equal(id, child.Path.Name);
            Assert.Equal(child.Path, ActorPath.Parse(child.Path.ToString()));
        }

        await system.Terminate();
    }

    private sealed class Parent : ReceiveActor
    {
        public Parent() => Receive<string>(name => Sender.Tell(Context.ActorOf(Props.Create(() => new Child()), name)));
    }

    private sealed class Child : ReceiveActor;
}
