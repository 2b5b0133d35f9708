"""Domains of mail providers, where anybody can have an address: no organization's own.

Compared whole: mail.gmail.example is not gmail.example. The list is in the code and not in the
database, since it grows: an organization that has one of them already keeps it until staff take it
out.
"""

_PROVIDERS = """
    012.net.il 10minutemail.com 126.com 139.com 163.com 189.cn 21cn.com abv.bg addy.io aim.com
    alice.it aliyun.com ameritech.net anonaddy.com anonaddy.me aol.at aol.be aol.co.uk aol.com
    aol.com.au aol.de aol.fr aol.it aol.nl aol.pl aol.se aon.at arcor.de asia.com atlas.cz
    att.net au.com autorambler.ru azet.sk bbox.fr bell.net bellsouth.net bigmir.net bigpond.com
    bigpond.net.au bk.ru bluewin.ch blueyonder.co.uk bol.com.br bredband.net btinternet.com
    btopenworld.com caramail.com centrum.cz centrum.sk centurylink.net charter.net chello.at
    citromail.hu club-internet.fr cock.li cogeco.ca comcast.net consultant.com cox.net daum.net
    dir.bg discard.email dispostable.com disroot.org docomo.ne.jp duck.com earthlink.net
    eircom.net email.com email.cz email.de email.it europe.com excite.co.jp excite.com
    ezweb.ne.jp fastmail.com fastmail.fm foxmail.com free.fr freemail.hu freenet.de frontier.com
    frontiernet.net games.com gazeta.pl getnada.com globo.com globomail.com gmail.com gmx.at
    gmx.biz gmx.ch gmx.co.uk gmx.com gmx.de gmx.es gmx.eu gmx.fr gmx.info gmx.it gmx.li gmx.net
    gmx.org gmx.us goo.jp googlemail.com guerrillamail.com guerrillamail.net guerrillamail.org
    guerrillamailblock.com hanmail.com hanmail.net hetnet.nl hey.com hispeed.ch home.nl
    hotmail.at hotmail.be hotmail.ca hotmail.ch hotmail.co.il hotmail.co.jp hotmail.co.nz
    hotmail.co.th hotmail.co.uk hotmail.co.za hotmail.com hotmail.com.ar hotmail.com.au
    hotmail.com.br hotmail.com.hk hotmail.com.mx hotmail.com.tr hotmail.com.tw hotmail.cz
    hotmail.de hotmail.dk hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.hu hotmail.it
    hotmail.my hotmail.nl hotmail.no hotmail.ph hotmail.rs hotmail.se hotmail.sg hush.com
    hushmail.com i.softbank.jp i.ua icloud.com ig.com.br iinet.net.au iname.com inbox.com
    inbox.lv inbox.ru indamail.hu indiatimes.com interia.eu interia.pl internet.ru inwind.it
    iol.it jubii.dk juno.com kakao.com keemail.me kpnmail.nl laposte.net lenta.ru libero.it
    list.ru live.at live.be live.ca live.ch live.cl live.cn live.co.kr live.co.uk live.co.za
    live.com live.com.ar live.com.au live.com.mx live.com.my live.com.ph live.com.pt live.com.sg
    live.de live.dk live.fi live.fr live.hk live.ie live.in live.it live.jp live.nl live.no
    live.ru live.se love.com lycos.com mac.com mail.bg mail.com mail.dk mail.ee mail.ru
    mail2world.com mailbox.org maildrop.cc mailfence.com mailinator.com me.com meta.ua
    mindspring.com moakt.com mohmal.com mozmail.com msn.com mynet.com myself.com myyahoo.com
    narod.ru nate.com naver.com netvision.net.il netzero.net neuf.fr nifty.com ntlworld.com
    numericable.fr o2.pl oi.com.br one.lv onet.eu onet.pl online.no op.pl opayq.com
    optonline.net optusnet.com.au orange.fr outlook.at outlook.be outlook.cl outlook.co.id
    outlook.co.il outlook.co.th outlook.com outlook.com.ar outlook.com.au outlook.com.br
    outlook.com.gr outlook.com.tr outlook.com.vn outlook.cz outlook.de outlook.dk outlook.es
    outlook.fr outlook.hu outlook.ie outlook.in outlook.it outlook.jp outlook.kr outlook.lv
    outlook.my outlook.ph outlook.pt outlook.sa outlook.sg outlook.sk pacbell.net passinbox.com
    passmail.net passport.com planet.nl pm.me poczta.fm poczta.onet.pl post.com post.cz
    posteo.de posteo.net privaterelay.appleid.com prodigy.net.mx proton.me protonmail.ch
    protonmail.com proximus.be qq.com r7.com rambler.ru rediff.com rediffmail.com riseup.net
    ro.ru roadrunner.com rocketmail.co.uk rocketmail.com rogers.com rr.com runbox.com
    safe-mail.net sapo.pt sbcglobal.net seznam.cz sfr.fr sharklasers.com shaw.ca simplelogin.co
    simplelogin.com sina.cn sina.com sky.com skynet.be slmail.me softbank.ne.jp sohu.com
    spectrum.net spray.se startmail.com stofanet.dk suddenlink.net sunrise.ch sympatico.ca
    t-online.de talktalk.net telefonica.net telenet.be telia.com telus.net temp-mail.org
    tempmail.com terra.com terra.com.br terra.es throwawaymail.com tim.it tin.it tiscali.co.uk
    tiscali.it tlen.pl tom.com tpg.com.au trashmail.com tut.by tuta.com tuta.io tutamail.com
    tutanota.com tutanota.de ukr.net uol.com.br usa.com verizon.net videotron.ca vip.163.com
    vip.qq.com vip.sina.com virgilio.it virgin.net virginmedia.com vodafone.de volny.cz
    walla.co.il walla.com wanadoo.fr web.de windowslive.com windstream.net wow.com wp.pl
    xmail.ru xs4all.nl xtra.co.nz ya.ru yahoo.at yahoo.be yahoo.ca yahoo.ch yahoo.cn yahoo.co.id
    yahoo.co.il yahoo.co.in yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.th yahoo.co.uk
    yahoo.co.za yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.co
    yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.pe yahoo.com.ph yahoo.com.sg yahoo.com.tr
    yahoo.com.tw yahoo.com.ve yahoo.com.vn yahoo.cz yahoo.de yahoo.dk yahoo.es yahoo.fi yahoo.fr
    yahoo.gr yahoo.hu yahoo.ie yahoo.in yahoo.it yahoo.nl yahoo.no yahoo.pl yahoo.pt yahoo.ro
    yahoo.se yandex.by yandex.com yandex.com.tr yandex.kz yandex.ru yandex.ua yeah.net ygm.com
    ymail.com yopmail.com yopmail.fr ziggo.nl zipmail.com.br zoho.com zohomail.com zohomail.eu
    zohomail.in zoznam.sk
"""

PUBLIC_MAIL_PROVIDERS = frozenset(_PROVIDERS.split())
