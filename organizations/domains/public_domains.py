"""Lists domains of which no organization can claim the people: mail providers, public suffixes.

The lists are in the code and not in the database since they grow: an organization that has one of
the domains already keeps it until staff take it out.
"""

# Anybody can have an address of these. Compared whole: mail.gmail.example is not gmail.example.
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

# The level below a country's code, nearly everywhere: com.au, co.uk, gob.mx.
_BELOW_COUNTRIES = frozenset(("ac", "co", "com", "edu", "gob", "gouv", "gov", "mil", "net", "org"))

# Not the whole Public Suffix List, which has thousands of towns and hosts: whoever sets a domain
# sees it. Has the domain below which Microsoft gives every tenant one.
_OTHERS = """
    ab.ca act.au ad.jp adm.br adv.br ae.org agr.br agric.za aichi.jp ak.us akita.jp al.us alt.za
    aomori.jp app.br appspot.com ar.us arq.br art.br arts.ro asn.au asso.fr av.tr avocat.fr
    az.us azurewebsites.net bbs.tr bc.ca bel.tr bio.br biz.cy biz.id biz.in biz.my biz.pk biz.pl
    biz.tr biz.vn blog.br blogspot.com br.com ca.us chiba.jp cloudapp.net cloudfront.net club.tw
    cn.com cn.ua cnt.br co.com conf.au coop.ar coop.br coop.in cri.nz ct.us dc.us ddns.net
    de.com de.us desa.id dev.br dp.ua dr.tr duckdns.org dyndns.org ebiz.tw eco.br ed.cr ed.jp
    ehime.jp emp.br eng.br es.kr esp.br eu.com eu.org fam.pk firebaseapp.com firm.co firm.in
    firm.ro firm.ve fl.us fly.dev fm.br fukui.jp fukuoka.jp fukushima.jp ga.us game.tw gb.com
    gb.net gc.ca geek.nz gen.in gen.nz gen.tr gifu.jp github.io gitlab.io go.cr go.id go.jp
    go.ke go.kr go.th go.tz go.ug govt.nz gr.com gr.jp gub.uy gunma.jp gv.at health.nz health.vn
    herokuapp.com hi.us hiroshima.jp hokkaido.jp hopto.org hotel.tz hs.kr hu.com hu.net hyogo.jp
    i.ng ia.us ibaraki.jp id.au id.ir id.us idf.il idv.hk idv.tw if.ua il.us in.net in.th in.ua
    in.us ind.br ind.in inf.br info.au info.co info.hu info.in info.ke info.pk info.pl info.ro
    info.tr info.tz info.ve info.vn ishikawa.jp iwate.jp iwi.nz jp.net jpn.com jus.br k12.il
    k12.tr kagawa.jp kagoshima.jp kanagawa.jp kep.tr kg.kr kh.ua kharkov.ua kiev.ua kiwi.nz
    kochi.jp kr.com kr.ua ks.us kumamoto.jp ky.us kyiv.ua kyoto.jp la.us law.za leg.br lg.jp
    log.br ltd.cy ltd.gi ltd.lk ltd.uk lv.ua lviv.ua ma.us maori.nz mb.ca md.us me.in me.ke
    me.tz me.uk me.us med.br med.sa medecin.fr media.pl mex.com mi.th mi.us mie.jp miyagi.jp
    miyazaki.jp mn.us mo.us mobi.ke mobi.ng mobi.tz mp.br ms.kr ms.us mt.us muni.il my.id
    myshopify.com nagano.jp nagasaki.jp name.my name.ng name.tr name.vn nara.jp nb.ca nc.us
    nd.us ne.jp ne.ke ne.kr ne.tz ne.ug ne.us netlify.app ngo.za nh.us nhs.uk nic.in niigata.jp
    nj.us nl.ca nm.us no-ip.org no.com nom.co nom.es nom.fr nom.pe nom.pl nom.ro nom.za not.br
    notaires.fr ns.ca nsw.au nt.au nt.ca nu.ca nv.us ny.us od.ua odesa.ua odo.br oh.us oita.jp
    ok.us okayama.jp okinawa.jp on.ca ong.br onmicrosoft.com onmicrosoft.de onmicrosoft.us
    onmschina.cn onrender.com or.at or.cr or.id or.jp or.ke or.kr or.th or.tz or.ug or.us
    osaka.jp oz.au pa.us pages.dev parliament.nz pe.ca pe.kr per.sg plc.ly plc.uk pol.tr
    police.uk pp.ru pp.ua prd.fr press.ma presse.fr priv.at priv.hu priv.no priv.pl pro.br
    pro.in pro.vn psc.br psi.br qc.ca qc.com qld.au radio.br re.kr rec.br rec.ro res.in ri.us
    ru.com sa.au sa.com sa.cr saga.jp saitama.jp sc.ke sc.kr sc.tz sc.ug sc.us sch.ae sch.id
    sch.ir sch.lk sch.ng sch.sa sch.uk school.nz school.za sd.us se.net seg.br shiga.jp
    shimane.jp shizuoka.jp shop.hu shop.pl sk.ca sklep.pl sport.hu srv.br store.ro store.ve
    tas.au tec.br tec.ve tel.tr tm.fr tm.hu tm.pl tm.ro tm.za tn.us tochigi.jp tokushima.jp
    tokyo.jp tottori.jp toyama.jp tur.ar tur.br tv.br tv.in tv.tr tv.tz tx.us uk.com uk.in
    uk.net us.com us.in us.org ut.us va.us vercel.app vet.br vic.au vt.us wa.au wa.us
    wakayama.jp waw.pl web.app web.co web.id web.lk web.pk web.tr web.ve web.za wi.us wiki.br
    workers.dev wv.us www.ro wy.us yamagata.jp yamaguchi.jp yamanashi.jp yk.ca za.com zapto.org
    zp.ua
"""

_OTHER_SUFFIXES = frozenset(_OTHERS.split())


def is_public_suffix(name: str) -> bool:
    """Return whether anybody can register a domain below a canonical domain."""
    label, _, parent = name.partition(".")
    is_below_country = len(parent) == 2 and label in _BELOW_COUNTRIES
    return not parent or is_below_country or name in _OTHER_SUFFIXES
